"""Cards and accounts as the systems hold them: the member master, the EC accounts, LINE links, app installs, consents.

One person may have a card, a second card, an account or several of these; each record is written in its own hand,
with the blanks, widths, old characters and gaps that come of it. The truth of who is who
goes to `truth/`, which nobody ingests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from enishi.sample import files, people, vocabulary
from enishi.sample.files import Drop, Strings
from enishi.sample.people import People
from enishi.sample.randomness import Bools, Ints, chance, generator, weighted

_DAY = 86400
_STAMP = "%Y/%m/%d %H:%M:%S"
_ISO = "%Y-%m-%dT%H:%M:%S+09:00"
_HALF = {code: chr(code - 0x60) for code in range(0x30A1, 0x30F7)}
"""Katakana → hiragana."""


@dataclass(frozen=True)
class Contact:
    """What a person would write on any form, clean; one element a person."""

    mobile: Ints
    landline: Ints
    mail: Strings
    other_mail: Strings


def contacts(crowd: People, seed: int, part: int) -> Contact:
    """Phones in blocks given to no carrier (0N0-0…), addresses under example domains."""
    rng = generator(seed, "contacts", part)
    size = len(crowd)
    mobile = np.array([70, 80, 90])[crowd.index % 3] * 100_000_000 + crowd.index // 3
    landline = 3 * 100_000_000 + crowd.household % 10_000_000
    local = files.join(
        files.take(vocabulary.surnames().latin, crowd.surname),
        ".",
        files.take(vocabulary.given_names()[0].latin, crowd.given),
        crowd.index,
    )
    domains = ["@example.jp", "@example.com", "@example.net", "@mail.example.org"]
    mail = files.join(local, files.take(domains, weighted(rng, [5, 3, 1, 2], size)))
    other = files.join("m", crowd.index, "@mobile.example.jp")
    family = chance(rng, 0.05, size) & (crowd.household != crowd.index)
    shared = np.where(family, np.arange(size) - 1, np.arange(size))
    return Contact(mobile, landline, mail.take(files.places(shared)), other)


def write(crowd: People, contact: Contact, rank: Strings, seed: int, part: int, drop: Drop) -> None:
    """All files of a part that say who the people are."""
    _write_cards(crowd, contact, rank, seed, part, drop)
    _write_accounts(crowd, contact, seed, part, drop)
    _write_lines(crowd, seed, part, drop)
    _write_apps(crowd, seed, part, drop)
    _write_consents(crowd, seed, part, drop)
    _write_truth(crowd, drop)


def _write_cards(crowd: People, contact: Contact, rank: Strings, seed: int, part: int, drop: Drop) -> None:
    rng = generator(seed, "cards", part)
    who = np.concatenate([np.flatnonzero(crowd.card), np.flatnonzero(crowd.second)])
    second = np.arange(len(who)) >= crowd.card.sum()
    joined = np.where(second, crowd.joined_second[who], crowd.joined_card[who])
    store = crowd.store[who]
    withdrawn = crowd.withdrawn[who]
    columns = {
        "会員番号": people.card_number(crowd.index[who], second),
        "氏名": _written(rng, crowd, who, 0.5),
        "フリガナ": _readings(rng, crowd, who, [0.45, 0.42, 0.03, 0.10]),
        "性別": np.where(chance(rng, 0.06, len(who)), 9, np.where(crowd.male[who], 1, 2)),
        "生年月日": files.days(_births(rng, crowd, who, 0.93), least=-40_000),
        "郵便番号": _postal(crowd, who, "-"),
        "都道府県コード": files.take([s.prefecture for s in vocabulary.stores().stores], store),
        "住所１": files.take([s.town for s in vocabulary.stores().stores], store),
        "住所２": _blocks(rng, crowd.block[who], 0.5),
        "電話番号": files.where(chance(rng, 0.5, len(who)), _landlines(rng, contact.landline[who])),
        "携帯番号": files.where(chance(rng, 0.86, len(who)), _mobiles(rng, contact.mobile[who], 0.12)),
        "メールアドレス": _mails(rng, contact, who, 0.62, 0.1),
        "入会日時": files.times(joined, _STAMP),
        "入会店舗コード": files.take(vocabulary.stores().codes, store),
        "入会担当者": files.join("S", files.take(vocabulary.stores().codes, store), "-", files.number(joined % 24, 2)),
        "入会媒体コード": _media(rng, len(who), offline=True),
        "会員状態": np.where(withdrawn > 0, 9, 1),
        "退会日": files.days(withdrawn),
        "会員ランク": rank.take(files.places(who)),
        "お気に入り店舗": files.where(chance(rng, 0.25, len(who)), files.take(vocabulary.stores().codes, store)),
        "従業員区分": crowd.employee[who].astype(np.int64),
        "緯度": crowd.latitude[who],
        "経度": crowd.longitude[who],
        "職業": files.take(
            vocabulary.business()["jobs"], weighted(rng, vocabulary.business()["job_weights"], len(who))
        ),
        "好きなチーム": files.take(vocabulary.business()["teams"], rng.integers(0, 9, len(who))),
        "更新日時": files.times(joined + 3600, _STAMP),
    }
    drop.csv("members", "KAIIN_MST", columns)


def _write_accounts(crowd: People, contact: Contact, seed: int, part: int, drop: Drop) -> None:
    rng = generator(seed, "accounts", part)
    who = np.flatnonzero(crowd.account)
    size, linked = len(who), crowd.linked[who]
    surname, given = vocabulary.surnames(), vocabulary.given_names()[0]
    columns = {
        "account_id": people.account_number(crowd.index[who]),
        "email": _mails(rng, contact, who, 1.0, 0.12),
        "last_name": files.take(surname.written, crowd.surname[who]),
        "first_name": files.take(given.written, crowd.given[who]),
        "last_name_kana": _hiragana_some(rng, files.take(surname.reading, crowd.surname[who])),
        "first_name_kana": files.take(given.reading, crowd.given[who]),
        "gender": files.where(chance(rng, 0.8, size), files.take(["female", "male"], crowd.male[who].astype(np.int64))),
        "birth_date": files.days(_births(rng, crowd, who, 0.82), "%Y-%m-%d", least=-40_000),
        "postal_code": _postal(crowd, who, ""),
        "prefecture_code": files.take([s.prefecture for s in vocabulary.stores().stores], crowd.store[who]),
        "address1": files.join(
            files.take([s.town for s in vocabulary.stores().stores], crowd.store[who]),
            _blocks(rng, crowd.block[who], 0),
        ),
        "address2": None,
        "tel": files.where(chance(rng, 0.78, size), _mobiles(rng, contact.mobile[who], 0.03)),
        "registered_at": files.times(crowd.joined_account[who], _ISO),
        "join_channel": files.take(["ec", "app"], chance(rng, np.where(crowd.app[who], 0.6, 0), size).astype(np.int64)),
        "first_medium": _media(rng, size, offline=False),
        "status": files.take(["active", "withdrawn"], (crowd.withdrawn[who] > 0).astype(np.int64)),
        "withdrawn_on": files.days(crowd.withdrawn[who], "%Y-%m-%d"),
        "linked_card_no": files.where(linked > 0, people.card_number(crowd.index[who])),
        "linked_at": files.times(linked, _ISO),
        "latitude": crowd.latitude[who],
        "longitude": crowd.longitude[who],
        "newsletter_theme": files.take(vocabulary.business()["themes"], rng.integers(0, 6, size)),
        "updated_at": files.times(np.maximum(linked, crowd.joined_account[who]) + 60, _ISO),
    }
    drop.csv("ec_accounts", "ec_account", columns, encoding="utf-8")


def _write_lines(crowd: People, seed: int, part: int, drop: Drop) -> None:
    rng = generator(seed, "line", part)
    ids = files.join("U", files.hexes(rng, len(crowd), 32))
    after = np.maximum(crowd.joined_account, crowd.joined_card)
    both = np.flatnonzero(crowd.line & crowd.card & crowd.account & chance(rng, 0.3, len(crowd)))
    main = np.flatnonzero(crowd.line)
    who = np.concatenate([main, both])
    at = after[who] + rng.integers(600, 86400, len(who))
    on_account = crowd.account[who] & (np.arange(len(who)) < len(main))
    gone = chance(rng, 0.05, len(who)) & (crowd.end[who] * _DAY > at)
    columns = {
        "line_uid": ids.take(files.places(who)),
        "member_no": files.either(
            (on_account), people.account_number(crowd.index[who]), people.card_number(crowd.index[who])
        ),
        "linked_at": files.utc(at),
        "unlinked_at": files.utc(np.where(gone, crowd.end[who] * _DAY, -1)),
        "display_name": files.take(vocabulary.given_names()[0].written, crowd.given[who]),
    }
    drop.jsonl("line_links", "line_link", columns)


def _write_apps(crowd: People, seed: int, part: int, drop: Drop) -> None:
    rng = generator(seed, "app", part)
    who = np.flatnonzero(crowd.app)
    ios = chance(rng, 0.58, len(who))
    at = crowd.joined_account[who] + rng.integers(600, 5 * 86400, len(who))
    tokens = files.hexes(rng, len(who), 64)
    columns = {
        "install_id": files.hexes(rng, len(who), 16),
        "account_id": people.account_number(crowd.index[who]),
        "platform": files.take(["android", "ios"], ios.astype(np.int64)),
        "token": files.join(files.take(["fcm:", "apns:"], ios.astype(np.int64)), tokens),
        "installed_at": files.utc(at),
        "last_seen_at": files.utc(np.maximum(at, crowd.end[who] * _DAY + 9 * 3600)),
        "push_permission": push_allowed(crowd, seed, part)[who],
        "app_version": files.take(["5.0.3", "5.1.0", "5.2.1"], rng.integers(0, 3, len(who))),
    }
    drop.jsonl("app_installs", "app_install", columns)


def push_allowed(crowd: People, seed: int, part: int) -> Bools:
    """Who let the app send notifications."""
    return crowd.app & chance(generator(seed, "push", part), 0.72, len(crowd))


def _write_consents(crowd: People, seed: int, part: int, drop: Drop) -> None:
    rng = generator(seed, "consents", part)
    cards, accounts = np.flatnonzero(crowd.card), np.flatnonzero(crowd.account)
    push = np.flatnonzero(push_allowed(crowd, seed, part))
    card_number, account_number = people.card_number(crowd.index), people.account_number(crowd.index)
    line = np.flatnonzero(crowd.line)
    line_number = files.either((crowd.account), account_number, card_number)
    asked = [
        (cards, card_number, "mail", crowd.joined_card, 0.62, "01"),
        (cards, card_number, "dm", crowd.joined_card, 0.70, "01"),
        (cards, card_number, "sms", crowd.joined_card, 0.20, "02"),
        (accounts, account_number, "mail", crowd.joined_account, 0.74, "01"),
        (push, account_number, "push", crowd.joined_account + 6 * _DAY, 1.0, "03"),
        (line, line_number, "line", np.maximum(crowd.joined_account, crowd.joined_card) + 2 * _DAY, 0.94, "03"),
    ]
    given = [_answers(rng, crowd, *question) for question in asked]
    stopped = [_stops(rng, crowd, *question) for question in asked if question[2] in ("mail", "line")]
    pieces = [*given, *stopped]
    columns = {name: pa.concat_arrays([piece[name] for piece in pieces]) for name in given[0]}
    drop.csv("consents", "KYODAKU", columns, encoding="utf-8")


def _answers(
    rng: np.random.Generator, crowd: People, who: Ints, numbers: Strings, channel: str, at: Ints, share: float, by: str
) -> dict[str, Strings]:
    yes = chance(rng, share, len(who))
    words = vocabulary.business()["wordings"][channel]
    place = files.take(vocabulary.stores().codes, crowd.store[who])
    return _consent_rows(
        numbers.take(files.places(who)), channel, yes.astype(np.int64), at[who], by, None,
        files.quoted(files.join(f"FORM-{channel.upper()}-7 / 「{words}」/ S", place)),
    )  # fmt: skip


def _stops(
    rng: np.random.Generator, crowd: People, who: Ints, numbers: Strings, channel: str, at: Ints, share: float, by: str
) -> dict[str, Strings]:
    """Those who said no later, while they still shopped."""
    del by
    when = np.maximum(crowd.end * _DAY - 3 * _DAY, 0)
    left = who[chance(rng, 0.06 * share, len(who)) & (when[who] > at[who] + _DAY) & (crowd.end[who] * _DAY > at[who])]
    state = 8 if channel == "line" else 0
    states = np.full(len(left), state)
    return _consent_rows(
        numbers.take(files.places(left)),
        channel,
        states,
        when[left],
        "04",
        "too_many",
        files.join("one-click / ", left),
    )


def _consent_rows(
    numbers: Strings, channel: str, state: Ints, at: Ints, by: str, reason: str | None, evidence: Strings
) -> dict[str, Strings]:
    count = len(numbers)
    return {
        "顧客番号": numbers,
        "チャネル": pa.repeat(channel, count),
        "状態": files.text(state),
        "変更日時": files.times(at, _STAMP),
        "取得元": pa.repeat(by, count),
        "理由": pa.repeat(pa.scalar(reason, pa.string()), count),
        "証跡": evidence,
    }


def _write_truth(crowd: People, drop: Drop) -> None:
    cards, second, accounts = (np.flatnonzero(mask) for mask in (crowd.card, crowd.second, crowd.account))
    yes = np.ones(len(second), dtype=bool)
    numbers = [
        people.card_number(crowd.index[cards]),
        people.card_number(crowd.index[second], yes),
        people.account_number(crowd.index[accounts]),
    ]
    person = np.concatenate([crowd.index[cards], crowd.index[second], crowd.index[accounts]])
    drop.csv("truth", "persons", {"number": pa.concat_arrays(numbers), "person": person}, encoding="utf-8")


def _written(rng: np.random.Generator, crowd: People, who: Ints, old: float) -> Strings:
    """氏名 with one of the blanks that clerks type, some in old characters."""
    surname = vocabulary.surnames()
    use_old = chance(rng, old * 0.4, len(who))
    names = files.either(
        (use_old), files.take(surname.old, crowd.surname[who]), files.take(surname.written, crowd.surname[who])
    )
    blank = pa.array(["　", " ", "　　"]).take(files.places(weighted(rng, [7, 2, 1], len(who))))
    return files.join(names, blank, files.take(vocabulary.given_names()[0].written, crowd.given[who]))


def _readings(rng: np.random.Generator, crowd: People, who: Ints, ways: Sequence[float]) -> Strings:
    """フリガナ: half-width, full-width, hiragana, or full-width without a blank; one in a hundred with a slip."""
    way = weighted(rng, ways, len(who))
    slip = chance(rng, 0.01, len(who))
    given = np.where(slip, (crowd.given[who] + 1) % len(vocabulary.given_names()[0].reading), crowd.given[who])
    forms: list[Callable[[str], str]] = [_half_width, str, _hiragana, str]
    words = [
        (
            pa.array([form(reading) for reading in vocabulary.surnames().reading]),
            pa.array([form(reading) for reading in vocabulary.given_names()[0].reading]),
        )
        for form in forms
    ]
    columns = [
        files.join(surnames.take(files.places(crowd.surname[who])), blank, givens.take(files.places(given)))
        for (surnames, givens), blank in zip(words, (" ", "　", " ", ""), strict=True)
    ]
    return files.choose((way), *columns)


def _half_width(katakana: str) -> str:
    return "".join(_HALF_WIDTH.get(character, character) for character in katakana)


def _hiragana(katakana: str) -> str:
    return katakana.translate(_HALF)


def _hiragana_some(rng: np.random.Generator, readings: Strings) -> Strings:
    plain = pa.array([_hiragana(word) for word in vocabulary.surnames().reading])
    place = {word: index for index, word in enumerate(vocabulary.surnames().reading)}
    soft = plain.take(files.places(np.array([place[str(word)] for word in readings.to_pylist()], dtype=np.int64)))
    return files.either((chance(rng, 0.02, len(readings))), soft, readings)


def _births(rng: np.random.Generator, crowd: People, who: Ints, known: float) -> Ints:
    wrong = np.where(chance(rng, 0.004, len(who)), rng.integers(1, 28, len(who)), 0)
    return np.where(chance(rng, known, len(who)), crowd.birth[who] + wrong, -99_999)


def _postal(crowd: People, who: Ints, dash: str) -> Strings:
    front = files.take([s.postal for s in vocabulary.stores().stores], crowd.store[who])
    return files.join(front, dash, files.number(people.postal(crowd)[who], 4))


def _blocks(rng: np.random.Generator, block: Ints, wide: float) -> Strings:
    """The block of an address: 1-2-3, or １－２－３, or 一丁目2番3号 as the clerk felt like."""
    chome, ban, go = block % 9 + 1, block // 9 % 28 + 1, block // 252 % 25 + 1
    kanji = files.take("一二三四五六七八九", chome - 1)
    plain = files.join(chome, "-", ban, "-", go)
    full = _full_width(plain)
    spelled = files.join(kanji, "丁目", ban, "番", go, "号")
    return files.choose((weighted(rng, [1 - wide, wide * 0.6, wide * 0.4], len(block))), plain, full, spelled)


def _full_width(values: Strings) -> Strings:
    lines = "\n".join("" if value is None else value for value in values.to_pylist())
    return pa.array(lines.translate(_WIDE).split("\n") if len(values) else [], pa.string())


def _landlines(rng: np.random.Generator, number: Ints) -> Strings:
    """03-0ddd-dddd; a few clerks type the same filler for everybody."""
    local = files.number(number % 100_000_000, 8)
    real = files.join("03-", pc.utf8_slice_codeunits(local, 0, 4), "-", pc.utf8_slice_codeunits(local, 4, 8))
    return files.either((chance(rng, 0.004, len(number))), "03-0000-0000", real)


def _mobiles(rng: np.random.Generator, number: Ints, wide: float) -> Strings:
    text = files.join("0", number)
    dashed = files.join(
        pc.utf8_slice_codeunits(text, 0, 3),
        "-",
        pc.utf8_slice_codeunits(text, 3, 7),
        "-",
        pc.utf8_slice_codeunits(text, 7, 11),
    )
    abroad = files.join("+81 ", number)
    way = weighted(rng, [0.6, 0.36 - wide, wide, 0.04], len(number))
    return files.choose((way), dashed, text, _full_width(dashed), abroad)


def _mails(rng: np.random.Generator, contact: Contact, who: Ints, share: float, other: float) -> Strings:
    rows = files.places(who)
    use_other = pa.array(chance(rng, other, len(who)))
    address = pc.if_else(use_other, contact.other_mail.take(rows), contact.mail.take(rows))
    shout = files.either((chance(rng, 0.03, len(who))), pc.utf8_upper(address), address)
    return files.where(chance(rng, share, len(who)), shout)


def _media(rng: np.random.Generator, size: int, *, offline: bool) -> Strings:
    media = vocabulary.business()["media"]
    weights = [row[6] if (row[2] == 1) == offline or row[0] == "M99" else row[6] * 0.05 for row in media]
    return files.take([row[0] for row in media], weighted(rng, weights, size))


_WIDE = {ord(character): chr(ord(character) + 0xFEE0) for character in "0123456789-"}
_HALF_WIDTH = dict(
    zip(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォャュョッー",
        "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ",
        strict=True,
    )
)
_HALF_WIDTH |= {
    chr(ord(plain) + 1): half + "ﾞ"
    for plain, half in list(_HALF_WIDTH.items())
    if plain in "カキクケコサシスセソタチツテトハヒフヘホ"
}
_HALF_WIDTH |= {chr(ord(plain) + 2): _HALF_WIDTH[plain] + "ﾟ" for plain in "ハヒフヘホ"}
