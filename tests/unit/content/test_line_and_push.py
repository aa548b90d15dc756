"""LINE and push: JSON that the services take, escaped, within their limits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from enishi.content.outcome import Empty, Outcome, Quarantined, Rendered
from enishi.ports import Channel
from tests.unit.content.conftest import Rendering

BUBBLE = '{"type":"bubble","body":{"type":"box","layout":"vertical","contents":[]}}'
FLEX = '[{"type":"flex","altText":"{{ name }}さんへ","contents":' + BUBBLE + "}]"
PUSH = '{"title":"{{ title }}","body":"本文","url":"{{ "https://x.example/" | link("push", 1) }}","data":{"kind":"x"}}'


def text(value: str) -> str:
    return json.dumps([{"type": "text", "text": value}], ensure_ascii=False)


def reason(outcome: Outcome) -> str:
    assert isinstance(outcome, Quarantined)
    return outcome.reason


def test_data_is_escaped_for_json(rendered: Rendering) -> None:
    nasty = 'a"b\\c\n</script>&{{ x }}'
    line = rendered('[{"type":"text","text":"{{ name }}と{{ name ~ 1 }}"}]', Channel.LINE, display_name=nasty)
    assert isinstance(line, Rendered)
    assert json.loads(line.payload)[0]["text"] == f"{nasty}と{nasty}1"


def test_a_flex_message_and_its_title_without_the_name(rendered: Rendering) -> None:
    line = rendered(FLEX, Channel.LINE)
    assert isinstance(line, Rendered)
    assert (line.subject, line.title) == ("山田さんへ", "○○さんへ")


def test_an_empty_list_or_object_sends_nothing(rendered: Rendering) -> None:
    assert rendered("[]", Channel.LINE) == Empty()
    assert rendered("{}", Channel.PUSH) == Empty()


@pytest.mark.parametrize(
    "source",
    [
        "{",
        '{"type":"text"}',
        '["x"]',
        '[{"type":"video"}]',
        '[{"type":["text"]}]',
        text(""),
        text("あ" * 5001),
        json.dumps([{"type": "text", "text": "a"}] * 6),
        '[{"type":"flex","altText":"a","contents":{"type":"box"}}]',
        '[{"type":"flex","altText":"a","contents":{"type":"carousel","contents":[]}}]',
        FLEX.replace("{{ name }}", "あ" * 401),
        FLEX.replace("{{ name }}さんへ", ""),
        '[{"type":"text","text":"a","action":{"type":"uri","uri":"javascript:x"}}]',
        '[{"type":"text","text":"a","action":{"type":"uri","uri":"https://x.example/' + "a" * 1000 + '"}}]',
        text("NaN")[:-1] + ",NaN]",
    ],
)
def test_line_beyond_its_limits_is_put_aside(rendered: Rendering, source: str) -> None:
    assert reason(rendered(source, Channel.LINE)) == "shape"


@pytest.mark.parametrize("count", [1, 5])
def test_line_within_its_limits_goes(rendered: Rendering, count: int) -> None:
    source = json.dumps([{"type": "text", "text": "あ" * 5000}] * count, ensure_ascii=False)
    assert isinstance(rendered(source, Channel.LINE), Rendered)


def test_a_push_has_title_body_url_and_data(rendered: Rendering) -> None:
    push = rendered(PUSH, Channel.PUSH, {"title": "題"})
    assert isinstance(push, Rendered)
    notice = json.loads(push.payload)
    assert (notice["title"], notice["body"], notice["data"]) == ("題", "本文", {"kind": "x"})
    assert notice["url"].startswith("https://go.example.jp/c/")


@pytest.mark.parametrize("value", ["題\r\n名", "題\n名", "題\x00名"])
@pytest.mark.parametrize(("source", "channel"), [(PUSH, Channel.PUSH), (FLEX.replace("name", "title"), Channel.LINE)])
def test_a_title_is_one_line(rendered: Rendering, source: str, channel: Channel, value: str) -> None:
    assert reason(rendered(source, channel, {"title": value})) == "header"


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "題" * 66},
        {"body": "あ" * 241},
        {"title": ""},
        {"url": "/relative"},
        {"url": ""},
        {"data": {"a": 1}},
        {"extra": 1},
        {"data": {"a": "あ" * 1400}},
    ],
)
def test_a_push_beyond_its_limits_is_put_aside(rendered: Rendering, changes: dict[str, Any]) -> None:
    notice = {"title": "題", "body": "本文", "url": "https://x.example/", "data": {}, **changes}
    assert reason(rendered(json.dumps(notice, ensure_ascii=False), Channel.PUSH)) == "shape"
