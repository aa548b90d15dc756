"""Mails: subject, text part, headers, what the law wants, and who is put aside."""

from __future__ import annotations

import pytest

from enishi.content.links import Link, LinkKind
from enishi.content.outcome import Empty, Quarantined, Rendered
from enishi.content.render import Templates
from enishi.errors import NotSupportedError, TemplateError
from enishi.ports import Channel
from tests.unit.content.conftest import AT, BOOK, Rendering, mail_of, shared_files


def test_a_mail_has_subject_html_text_and_one_click_headers(rendered: Rendering) -> None:
    mail = rendered(mail_of("<p>こんにちは、{{ name }}さん</p>", "お知らせ"))
    assert isinstance(mail, Rendered)
    assert mail.subject == "お知らせ"
    assert "こんにちは、山田さん" in mail.html
    assert "こんにちは、山田さん\n" in mail.text
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail.headers["List-Unsubscribe"]
    assert address.startswith("<https://go.example.jp/u/")
    assert address.endswith(">")
    link = BOOK.verify(address[len("<https://go.example.jp/u/") : -1], AT)
    assert link == Link(LinkKind.UNSUBSCRIBE, "", "f" * 32, "mail", expires=int(AT.timestamp()) + 180 * 86400)


def test_links_carry_message_block_position_and_product(rendered: Rendering) -> None:
    mail = rendered(mail_of('<a href="{{ "https://shop.example.jp/p/9" | link("items", 3, "P9") }}">見る</a>'))
    assert isinstance(mail, Rendered)
    token = mail.html.split("https://go.example.jp/c/")[1].split('"')[0]
    link = BOOK.verify(token, AT)
    assert isinstance(link, Link)
    assert (link.target, link.send_id, link.block, link.position, link.product_id) == (
        "https://shop.example.jp/p/9", "f" * 32, "items", 3, "P9"
    )  # fmt: skip


def test_the_subject_is_text_not_html(rendered: Rendering) -> None:
    mail = rendered(
        mail_of("<p>あ</p>", "{{ brand.name }} & {{ items[0].name }}"), blocks={"items": [{"name": "<A&B>"}]}
    )
    assert isinstance(mail, Rendered)
    assert mail.subject == "えにし電器 & <A&B>"


def test_the_title_that_the_lake_keeps_has_no_name(rendered: Rendering) -> None:
    mail = rendered(mail_of("<p>あ</p>", "{{ name }}様へのお知らせ"))
    assert isinstance(mail, Rendered)
    assert (mail.subject, mail.title) == ("山田様へのお知らせ", "○○様へのお知らせ")
    assert "山田" not in repr(mail)


@pytest.mark.parametrize(
    "name", ["山田\r\nBcc: x@example.com", "山\n田", "山\r田", "山\x00田", "山\u2028田", "山\x85田", "山\x0b田"]
)
def test_a_name_cannot_add_a_header(rendered: Rendering, name: str) -> None:
    outcome = rendered(mail_of("<p>あ</p>", "{{ name }}様へ"), display_name=name)
    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "header"
    assert "山" not in outcome.detail


def test_markup_in_data_is_escaped(rendered: Rendering) -> None:
    mail = rendered(mail_of("<p>{{ name }}</p>"), display_name="<script>x</script>")
    assert isinstance(mail, Rendered)
    assert "<script>x" not in mail.html
    assert "<script>x</script>" in mail.text


def test_an_empty_content_block_sends_nothing(rendered: Rendering) -> None:
    source = mail_of("{% for item in items %}<p>{{ item.name }}</p>{% endfor %} <br>")
    assert rendered(source, blocks={"items": []}) == Empty("no_content")


def test_a_required_block_that_is_empty_sends_nothing(rendered: Rendering) -> None:
    assert rendered(mail_of("<p>あ</p>"), blocks={"items": []}, requires=("items",)) == Empty("no_items")


def test_an_undefined_variable_is_quarantined_with_its_place(rendered: Rendering) -> None:
    outcome = rendered(mail_of("\n\n<p>{{ itmes }}</p>"))
    assert outcome == Quarantined("undefined", "'itmes' is undefined", "t/mail.html.j2:3")


def test_a_missing_field_names_the_field_and_never_a_value(rendered: Rendering) -> None:
    outcome = rendered(mail_of("{{ items[0][name] }}"), blocks={"items": [{}]})
    assert isinstance(outcome, Quarantined)
    assert "山田" not in repr(outcome)


def test_an_endless_template_is_quarantined(rendered: Rendering) -> None:
    names = "abcd"
    opened = "".join(f"{{% for {name} in xs %}}" for name in names)
    loops = opened + "x" + "{% endfor %}" * len(names)
    outcome = rendered(mail_of(loops), blocks={"xs": list(range(100))})
    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "limits"


def test_a_result_above_1_mb_is_quarantined(rendered: Rendering) -> None:
    outcome = rendered(mail_of("<p>{{ xs[0] }}</p>"), blocks={"xs": ["あ" * 400_000]})
    assert outcome == Quarantined("limits", "it writes more than 1 MB", "t/mail.html.j2")


@pytest.mark.parametrize(
    "line", ["{{ brand.sender }}", "{{ brand.postal_address }}", "{{ brand.contact }}", "{{ unsubscribe_url }}"]
)
def test_the_law_wants_sender_address_contact_and_opt_out(rendered: Rendering, line: str) -> None:
    layout = shared_files()["_shared/layouts/mail.html.j2"]
    assert line in layout
    outcome = rendered(mail_of("<p>あ</p>"), files={"_shared/layouts/mail.html.j2": layout.replace(line, "")})
    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "law"
    assert outcome.detail.startswith("the mail lacks the ")


def test_a_mail_without_the_layout_has_no_subject(rendered: Rendering) -> None:
    outcome = rendered("<p>あ</p>")
    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "shape"


def test_a_parent_that_does_not_exist_is_named(rendered: Rendering) -> None:
    outcome = rendered('{% extends "_shared/nothing.j2" %}')
    assert outcome == Quarantined("missing", "_shared/nothing.j2", "t/mail.html.j2:1")


def test_a_mistake_in_an_included_file_names_that_file(rendered: Rendering) -> None:
    outcome = rendered(mail_of('{% include "_shared/part.j2" %}'), files={"_shared/part.j2": "a\n{{ x.y() }}"})
    assert outcome == Quarantined("value", "a template may call macros, not methods", "_shared/part.j2:2")


def test_a_template_without_a_file_is_an_error_for_all() -> None:
    with pytest.raises(TemplateError, match=r"u/mail\.html\.j2: the template does not exist"):
        Templates(shared_files()).get("u", Channel.MAIL)


def test_a_syntax_error_names_file_and_line(rendered: Rendering) -> None:
    with pytest.raises(TemplateError, match=r"t/mail\.html\.j2:1: .*endblock"):
        rendered("{% block a %}")


def test_a_channel_without_templates_is_not_supported() -> None:
    with pytest.raises(NotSupportedError):
        Templates(shared_files()).get("t", Channel.SMS)


def test_the_text_part_keeps_paragraphs_lists_links_and_leaves_the_preheader_out(rendered: Rendering) -> None:
    link = '<a href="{{ "https://x.example/" | link }}">押す</a>'
    content = f"<h2>見出し</h2><p>一行目<br>二行目</p><ul><li>あ</li><li>い &amp; う</li></ul>{link}"
    source = mail_of(content).replace(
        "{% block content %}", "{% block preheader %}前置き{% endblock %}{% block content %}"
    )
    mail = rendered(source)
    assert isinstance(mail, Rendered)
    assert "見出し\n\n一行目\n二行目\n\n・あ\n・い & う\n\n押す\nhttps://go.example.jp/c/" in mail.text
    assert "前置き" not in mail.text
    assert "前置き" in mail.html
