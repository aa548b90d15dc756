"""What else is known of people: favourites, visits, warranties, contracts, catalogues, surveys, ranks, coupons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from enishi.sample import files, people, vocabulary
from enishi.sample.catalogue import Catalogue
from enishi.sample.files import Drop, Strings
from enishi.sample.people import People
from enishi.sample.purchases import Lines, Trips
from enishi.sample.randomness import Ints, chance, cumulative_pick, generator, weighted
from enishi.sample.receipts import Documents

_DAY = 86400
_STAMP = "%Y/%m/%d %H:%M:%S"
PREVIEW, CONSULTATION, PICKUP, REPAIR, COMPLAINT, PHONE = range(1, 7)


@dataclass(frozen=True)
class Part:
    """Everything that the writers of one part look at."""

    crowd: People
    trips: Trips
    lines: Lines
    papers: Documents
    catalogue: Catalogue
    seed: int
    part: int | str
    today: int
    tag: str
    """Stands in numbers and ids, so that those of parts and days never meet."""

    def rng(self, name: str) -> np.random.Generator:
        return generator(self.seed, name, self.part)

    def numbers(self, who: Ints) -> Strings:
        """The card of each person, else the account."""
        card, account = people.card_number(self.crowd.index[who]), people.account_number(self.crowd.index[who])
        return files.either((self.crowd.card[who]), card, account)


def ranks(part: Part) -> Strings:
    """Rank codes by person, from the twelve months before the business date."""
    recent = (part.trips.day >= part.today - 365) & (part.trips.person >= 0)
    spent = np.bincount(part.trips.person[recent], part.trips.net[recent], len(part.crowd))
    steps = vocabulary.business()["ranks"]
    return files.take([row[0] for row in steps], np.searchsorted([row[3] for row in steps], spent, side="right") - 1)


def write(part: Part, rank: Strings, drop: Drop) -> None:
    """All files of this module, for one part."""
    _write_ranks(part, rank, drop)
    _write_favourites(part, drop)
    _write_visits(part, drop)
    _write_warranties(part, drop)
    _write_shipments(part, drop)
    _write_surveys(part, drop)
    _write_redemptions(part, drop)


def _write_ranks(part: Part, rank: Strings, drop: Drop) -> None:
    rng = part.rng("ranks")
    steps = vocabulary.business()["ranks"]
    order = pc.index_in(rank, pa.array([row[0] for row in steps])).to_numpy()
    cards = np.flatnonzero(part.crowd.card)
    now = order[cards]
    changed = chance(rng, 0.25, len(cards)) & (now > 0)
    since = np.maximum(part.crowd.joined_card[cards] // _DAY, part.today - rng.integers(30, 600, len(cards)))
    before = np.flatnonzero(changed & (since > part.crowd.joined_card[cards] // _DAY + 1))
    who = np.concatenate([cards[before], cards])
    level = np.concatenate([now[before] - 1, now])
    joined = part.crowd.joined_card[cards] // _DAY
    split = np.isin(np.arange(len(cards)), before)
    columns = {
        "会員番号": people.card_number(part.crowd.index[who]),
        "ランクコード": files.take([row[0] for row in steps], level),
        "順位": level + 1,
        "適用開始日": files.days(np.concatenate([joined[before], np.where(split, since, joined)])),
        "適用終了日": files.days(np.concatenate([since[before] - 1, np.full(len(cards), -1)])),
        "理由": files.take(
            ["import", "upgrade"], np.concatenate([np.zeros(len(before), np.int64), split.astype(np.int64)])
        ),
    }
    drop.csv("member_rank_history", "RANK_RIREKI", columns)


@dataclass(frozen=True)
class Favourites:
    """One element a favourite; `kind` 0 product, 1 category, 2 brand, 3 shop."""

    who: Ints
    product: Ints
    kind: Ints


def favourites(part: Part, rng: np.random.Generator) -> Favourites:
    """Who keeps what; price falls are planned where interest is: many keep a product whose price will fall."""
    crowd, catalogue = part.crowd, part.catalogue
    often = np.where(crowd.account & (crowd.end > part.today - 200), 1.6, 0.2)
    who = np.repeat(np.arange(len(crowd)), rng.poisson(often))
    who = who[crowd.account[who]]
    shares = vocabulary.category_shares().reshape(-1, len(vocabulary.leaves()))
    product = catalogue.pick(rng, cumulative_pick(rng, shares, crowd.taste[who] * 12 + 9))
    fallen = np.flatnonzero(catalogue.dropped)
    wanted = chance(rng, 0.12, len(who))
    product = np.where(wanted, fallen[rng.integers(0, len(fallen), len(who))], product)
    return Favourites(who, product, weighted(rng, [0.78, 0.08, 0.06, 0.08], len(who)))


def _write_favourites(part: Part, drop: Drop) -> None:
    rng = part.rng("favourites")
    crowd, catalogue = part.crowd, part.catalogue
    kept = favourites(part, rng)
    who, product = kept.who, kept.product
    category, brand = catalogue.category.take(files.places(product)), files.take(catalogue.brand, product)
    shop = files.take(vocabulary.stores().codes, crowd.store[who])
    oldest = np.maximum(crowd.joined_account[who] + 3600, (part.today - 300) * _DAY)
    added = oldest + ((part.today * _DAY - oldest) * rng.random(len(who))).astype(np.int64)
    removed = np.where(chance(rng, 0.1, len(who)), added + rng.integers(1, 40, len(who)) * _DAY, -1)
    columns = {
        "account_id": people.account_number(crowd.index[who]),
        "target_type": files.take(["item", "category", "brand", "shop"], kept.kind),
        "target_code": files.choose(kept.kind, catalogue.codes(product), category, brand, shop),
        "added_at": files.times(added, "%Y-%m-%dT%H:%M:%S+09:00"),
        "removed_at": files.times(np.where(removed < part.today * _DAY, removed, -1), "%Y-%m-%dT%H:%M:%S+09:00"),
        "price_at_add": files.where(kept.kind == 0, catalogue.price[product]),
    }
    drop.csv("favourites", "okiniiri", columns, encoding="utf-8")


def _write_visits(part: Part, drop: Drop) -> None:
    """Contacts with a clerk; the previews of the last days came without a purchase. Every fiftieth row is broken."""
    rng = part.rng("visits")
    crowd = part.crowd
    cards = np.flatnonzero(crowd.card & ~crowd.fresh & (crowd.end >= part.today - 1))
    recent = cards[chance(rng, 0.02, len(cards))]
    # One contact in nine members over the history, and previews of the last eight days for those still looking.
    older = np.flatnonzero(crowd.card)[chance(rng, 0.11, int(crowd.card.sum()))]
    who = np.concatenate([older, recent])
    lately = np.arange(len(who)) >= len(older)
    kind = np.where(lately, PREVIEW, weighted(rng, [4, 3, 2, 2, 0.3, 1.5], len(who)) + 1)
    ago = np.where(lately, rng.choice([1, 1, 1, 2, 4, 8], len(who)), rng.integers(9, 500, len(who)))
    at = (part.today - ago) * _DAY + rng.integers(10 * 3600, 20 * 3600, len(who))
    columns = visit_columns(part, rng, who, kind, at)
    broken = chance(rng, 0.02, len(who))
    wrong_day = files.where(broken & (at % 2 == 0), np.full(len(who), "2026/02/30 11:00:00"))
    columns["接客日時"] = pc.coalesce(wrong_day, columns["接客日時"])
    columns["区分"] = files.either((broken & (at % 2 == 1)), "X", files.text(columns["区分"]))
    drop.csv("visits", "SEKKYAKU", columns)


def visit_columns(part: Part, rng: np.random.Generator, who: Ints, kind: Ints, at: Ints) -> dict[str, Strings]:
    """The columns of the visits file; durables are what people come to talk about."""
    notes = vocabulary.business()["notes"]
    texts = [notes[str(number)][int(turn) % len(notes[str(number)])] for number, turn in zip(kind, at, strict=True)]
    durable = vocabulary.leaf_ids("necessity")
    product = part.catalogue.pick(rng, durable[rng.integers(0, len(durable), len(who))])
    shop = files.take(vocabulary.stores().codes, part.crowd.store[who])
    outcome = np.array([0, 2, 1, 4, 4, 5, 4])[kind]
    return {
        "接客番号": files.join("V", part.tag, files.number(np.arange(len(who)), 9)),
        "会員番号": people.card_number(part.crowd.index[who]),
        "店舗コード": shop,
        "担当者コード": files.join("S", shop, "-", files.number(at % 24, 2)),
        "接客日時": files.times(at, _STAMP),
        "区分": files.text(kind),
        "商品コード": files.where(kind <= CONSULTATION, part.catalogue.codes(product)),
        "大分類": part.catalogue.category.take(files.places(product)),
        "結果": files.text(outcome),
        "接客メモ": files.quoted(pa.array(texts, pa.string())),
    }


def _write_warranties(part: Part, drop: Drop) -> None:
    rng = part.rng("warranties")
    lines, trips = part.lines, part.trips
    durable = np.isin(part.catalogue.leaf[lines.product], vocabulary.leaf_ids("necessity")) & (lines.unit >= 15_000)
    named = np.asarray(part.papers.customer.is_valid())[lines.trip]
    rows = np.flatnonzero(durable & named & chance(rng, 0.3, len(lines.trip)))
    trip = lines.trip[rows]
    years = rng.choice([3, 5, 5, 10], len(rows))
    start = trips.day[trip]
    cancelled = np.where(chance(rng, 0.03, len(rows)), start + 30, -1)
    columns = {
        "保証番号": files.join("H", part.tag, files.number(np.arange(len(rows)), 9)),
        "会員番号": part.papers.customer.take(files.places(trip)),
        "取引番号": part.papers.number.take(files.places(trip)),
        "明細番号": lines.number[rows],
        "商品コード": part.catalogue.codes(lines.product[rows]),
        "プラン": files.join("L", years),
        "保証料": lines.unit[rows] * years // 100,
        "開始日": files.days(start),
        "終了日": files.days(start + years * 365),
        "解約日": files.days(np.where(cancelled < part.today, cancelled, -1)),
    }
    drop.csv("warranties", "HOSHO", columns)


def _write_shipments(part: Part, drop: Drop) -> None:
    rng = part.rng("shipments")
    pieces = []
    for code, _, day, cost, _, share in vocabulary.business()["catalogs"]:
        who = np.flatnonzero((part.crowd.joined_card >= 0) & chance(rng, share, len(part.crowd)))
        who = who[part.crowd.joined_card[who] < (part.today + day) * _DAY]
        held = chance(rng, 0.1, len(who))
        shipped = np.full(len(who), part.today + day + 3)
        pieces.append((np.full(len(who), code), who, shipped, np.full(len(who), cost), held))
    code, who, shipped, cost, held = (np.concatenate(column) for column in zip(*pieces, strict=True))
    columns = {
        "発送番号": files.join("D", part.tag, files.number(np.arange(len(who)), 9)),
        "カタログコード": code,
        "顧客番号": people.card_number(part.crowd.index[who]),
        "施策コード": files.join("DM", code),
        "発送日": files.days(shipped),
        "到着日": files.days(np.where(held, -1, shipped + rng.integers(1, 5, len(who)))),
        "費用": np.where(held, 0.0, cost),
        "選定コード": files.join("T", part.crowd.taste[who]),
        "対照区分": held.astype(np.int64),
        "返戻区分": (chance(rng, 0.01, len(who)) & ~held).astype(np.int64),
    }
    drop.csv("catalog_shipments", "DM_HASSO", columns)


def _write_surveys(part: Part, drop: Drop) -> None:
    """A satisfaction survey: a score and a text. Every fiftieth score is not a number."""
    rng = part.rng("surveys")
    who = np.flatnonzero(chance(rng, 0.04, len(part.crowd)))
    score = np.clip(rng.normal(7.4, 1.8, len(who)).round(), 0, 10).astype(np.int64)
    day = part.today - rng.integers(5, 120, len(who))
    response = files.join("A", part.tag, files.number(np.arange(len(who)), 9))
    words = vocabulary.business()["survey_texts"]
    count = len(who)
    broken = chance(rng, 0.04, count)
    given = files.either((broken), "九", files.text(score))
    columns = {
        "回答番号": pa.concat_arrays([response, response]),
        "アンケートコード": files.join("NPS", files.days(np.concatenate([day, day]), "%Y")),
        "顧客番号": pa.concat_arrays([part.numbers(who)] * 2),
        "設問": files.take(["Q1", "Q2"], np.repeat([0, 1], count)),
        "設問形式": files.take(["score", "text"], np.repeat([0, 1], count)),
        "回答": pa.concat_arrays([files.text(score), files.take(words, score % len(words))]),
        "点数": pa.concat_arrays([given, pa.nulls(count, pa.string())]),
        "回答日": files.days(np.concatenate([day, day])),
    }
    drop.csv("surveys", "ENQUETE", columns, encoding="utf-8")


def _write_redemptions(part: Part, drop: Drop) -> None:
    drop.csv("coupon_redemptions", "COUPON_RIYO", redemption_columns(part), encoding="utf-8")


def redemption_columns(part: Part) -> dict[str, Strings]:
    """One row a line that a coupon was used on."""
    lines = part.lines
    rows = np.flatnonzero(lines.coupon >= 0)
    trip = files.places(lines.trip[rows])
    return {
        "利用番号": files.join("CR", part.tag, files.number(np.arange(len(rows)), 9)),
        "クーポンコード": files.take([row[0] for row in vocabulary.business()["coupons"]], lines.coupon[rows]),
        "顧客番号": part.papers.customer.take(trip),
        "取引番号": part.papers.number.take(trip),
        "利用日": files.days(part.trips.day[lines.trip[rows]]),
        "割引額": files.text(lines.off[rows]),
    }
