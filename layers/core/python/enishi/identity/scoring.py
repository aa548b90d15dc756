"""Scored matching (Fellegi-Sunter): pairs within blocks, levels of agreement, bits of evidence, as one query.

The SQL is composed of the files of `comparisons/` and `queries/` after the model: which fields, which blocks, which
weights. A value's own frequency takes the place of a fixed weight where the model says so: sharing a rare name is worth
more than sharing a common one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from sqlglot import exp

from enishi.identity.model import Block, Compared, Identifier, Model
from enishi.identity.trees import standing_on, tree
from enishi.lake.sql import column, literal, table_ref

RULE = "scored"


def scored_pairs(model: Model) -> exp.Query:
    """Rows (low_id, high_id, rule, score, evidence, band); stands on `records` and `held`."""
    bands = {"merge": model.thresholds.merge, "review": model.thresholds.review, "prior": model.thresholds.prior}
    parts = {
        "blocked": _union([*(_block(block) for block in model.blocks), *_identifiers(model.identifiers)]),
        "counted": tree("queries/counted"),
        "candidates": tree("queries/candidates"),
        "shared": _shared(model.identifiers),
        "total": exp.select(exp.alias_(_count(), "records")).from_(table_ref("records")),
        **{f"of_{name}": _frequency(name) for name in _frequent(model)},
        "levels": _levels(model),
        "worth": _bits(model),
        "summed": _summed(model),
        "weighed": _weighed(model),
    }
    return standing_on(tree("queries/scored", **bands), **parts)


def _block(block: Block) -> exp.Query:
    held = [column("r", name).is_(exp.null()).not_() for name in block.of]
    value = _joined("|", [column("r", name) for name in block.of])
    named = {"block": literal("+".join(block.of)), "value": value, "most": literal(block.most)}
    columns = [exp.alias_(expression, name) for name, expression in named.items()]
    records = table_ref("records", "r")
    return exp.select(column("r", "customer_id"), column("r", "fresh"), *columns).from_(records).where(*held)


def _identifiers(kinds: Mapping[str, Identifier]) -> list[exp.Query]:
    return [tree("queries/blocked", id_type=kind, most=said.most) for kind, said in kinds.items()]


def _shared(kinds: Mapping[str, Identifier]) -> exp.Query:
    """Pair → how many records hold the identifier that the two share, by kind; null where they share none."""
    columns = [
        exp.alias_(exp.Min(this=exp.Case().when(_equals(column("a", "block"), kind), column("a", "holders"))), kind)
        for kind in kinds
    ]
    query = tree("queries/shared", kinds=_in(column("a", "block"), kinds))
    assert isinstance(query, exp.Select)  # noqa: S101 for the type alone: the file is one SELECT
    return query.select(*columns)


def _frequent(model: Model) -> list[str]:
    return [name for name, field in model.fields.items() if field.frequency]


def _frequency(name: str) -> exp.Query:
    return tree("queries/frequency", field=column("r", name))


def _levels(model: Model) -> exp.Query:
    """Pair → level of every field, its value where the two agree, and holders of shared identifiers."""
    columns = [exp.alias_(_level(name, field), name) for name, field in model.fields.items()]
    columns += [exp.alias_(_common(name), f"{name}_value") for name in _frequent(model)]
    columns += [exp.alias_(column("s", kind), kind) for kind in model.identifiers]
    query = exp.select(column("c", "low_id"), column("c", "high_id"), *columns).from_(table_ref("candidates", "c"))
    query = query.join(table_ref("records", "l"), on=_same(("l", "customer_id"), ("c", "low_id")))
    query = query.join(table_ref("records", "r"), on=_same(("r", "customer_id"), ("c", "high_id")))
    pair = exp.and_(_same(("s", "low_id"), ("c", "low_id")), _same(("s", "high_id"), ("c", "high_id")))
    return query.join(table_ref("shared", "s"), on=pair, join_type="left")


def _level(name: str, field: Compared) -> exp.Expr:
    compared = tree(f"comparisons/{field.compare}", low=column("l", name), high=column("r", name))
    level = compared.expressions[0].this
    if not field.swapped:
        return _expr(level)
    crossed = exp.and_(
        _same(("l", name), ("r", field.swapped)),
        _same(("l", field.swapped), ("r", name)),
        exp.NEQ(this=column("l", name), expression=column("l", field.swapped)),
    )
    return exp.Case().when(crossed, literal(1)).else_(_expr(level))


def _common(name: str) -> exp.Expr:
    return exp.Case().when(_same(("l", name), ("r", name)), column("l", name))


def _bits(model: Model) -> exp.Query:
    """Pair → levels, and the bits of every field and identifier (0 where there is nothing to compare)."""
    names = [*model.fields, *model.identifiers]
    columns = [
        *(column("v", name) for name in ("low_id", "high_id", *names)),
        *(exp.alias_(_worth(name, field, model.pseudo), f"{name}_bits") for name, field in model.fields.items()),
        *(
            exp.alias_(_shared_worth(kind, said, model.pseudo), f"{kind}_bits")
            for kind, said in model.identifiers.items()
        ),
    ]
    query = exp.select(*columns).from_(table_ref("levels", "v")).join(table_ref("total", "t"), join_type="cross")
    for name in _frequent(model):
        same = _same((f"of_{name}", "value"), ("v", f"{name}_value"))
        query = query.join(table_ref(f"of_{name}", f"of_{name}"), on=same, join_type="left")
    return query


def _worth(name: str, field: Compared, pseudo: float) -> exp.Expr:
    same = _rarity(column(f"of_{name}", "records"), field.same, pseudo) if field.frequency else literal(field.same)
    worth = {2: same, 1: literal(field.near), 0: literal(field.differ)}
    case = exp.Case()
    for level, bits in worth.items():
        case = case.when(_equals(column("v", name), level), bits)
    return case.else_(literal(0.0))


def _shared_worth(kind: str, said: Identifier, pseudo: float) -> exp.Expr:
    holders = column("v", kind)
    return exp.Case().when(holders.is_(exp.null()).not_(), _rarity(holders, said.same, pseudo)).else_(literal(0.0))


def _rarity(records: exp.Expr, most: float, pseudo: float) -> exp.Expr:
    """Bits of sharing a value that so many records have: at most `most`, which a value not seen counts in full."""
    found = tree("comparisons/rarity", records=records, most=most, pseudo=pseudo).expressions[0].this
    return _expr(found)


def _weighed(model: Model) -> exp.Query:
    """Pair → the sum, whether it may join or be asked, and the evidence as JSON without values."""
    levels = [(name, column("b", name)) for name in model.fields]
    columns = {
        "bits": column("b", "bits"),
        "may_merge": _any(model.merge_needs),
        "may_ask": _any(model.review_needs),
        "evidence": _json([("bits", _whole(column("b", "bits"))), *levels, *_shares(model)]),
    }
    named = [exp.alias_(expression, name) for name, expression in columns.items()]
    return exp.select(column("b", "low_id"), column("b", "high_id"), *named).from_(table_ref("summed", "b"))


def _summed(model: Model) -> exp.Query:
    """Pair → levels, and the sum of the bits."""
    total = exp.alias_(_sum(_terms(model)), "bits")
    names = ("low_id", "high_id", *model.fields, *model.identifiers)
    return exp.select(*(column("b", name) for name in names), total).from_(table_ref("worth", "b"))


def _terms(model: Model) -> list[exp.Expr]:
    """The bits to add up: fields that say one thing in two ways count once where both agree."""
    grouped = {name for group in model.together for name in group}
    alone = [column("b", f"{name}_bits") for name in (*model.fields, *model.identifiers) if name not in grouped]
    return [*alone, *(_once([column("b", f"{name}_bits") for name in group]) for group in model.together)]


def _once(bits: Sequence[exp.Expr]) -> exp.Expr:
    """The strongest of what speaks for, and all that speaks against."""
    zero = literal(0.0)
    against = [exp.Least(this=one.copy(), expressions=[zero.copy()]) for one in bits]
    strongest = exp.Greatest(this=bits[0].copy(), expressions=[*(one.copy() for one in bits[1:]), zero.copy()])
    return _sum([strongest, *against])


def _any(needs: Iterable[Mapping[str, int]]) -> exp.Expr:
    ways = [exp.and_(*(_at_least(name, level) for name, level in need.items())) for need in needs]
    return exp.or_(*ways)


def _at_least(name: str, level: int) -> exp.Expr:
    return exp.GTE(this=exp.func("COALESCE", column("b", name), literal(0)), expression=literal(level))


def _shares(model: Model) -> list[tuple[str, exp.Expr]]:
    flag = {kind: exp.Case().when(column("b", kind).is_(exp.null()).not_(), literal(2)) for kind in model.identifiers}
    return list(flag.items())


def _json(pairs: Sequence[tuple[str, exp.Expr]]) -> exp.Expr:
    """`{"name":2,"birth":0}`; what was not compared stands not in it."""
    members = [exp.DPipe(this=literal(f'"{name}":'), expression=_text(value), safe=False) for name, value in pairs]
    inner = _joined(",", members)
    opened = exp.DPipe(this=literal("{"), expression=inner, safe=False)
    return exp.DPipe(this=opened, expression=literal("}"), safe=False)


def _joined(by: str, values: Sequence[exp.Expr]) -> exp.Expr:
    """CONCAT_WS, which skips what is null."""
    return exp.ConcatWs(expressions=[literal(by), *values], safe=False, coalesce=True)


def _whole(bits: exp.Expr) -> exp.Expr:
    return exp.cast(exp.Round(this=bits), "bigint")


def _text(value: exp.Expr) -> exp.Expr:
    return exp.cast(value, "varchar")


def _sum(terms: Sequence[exp.Expr]) -> exp.Expr:
    return reduce(lambda left, right: exp.Add(this=left, expression=right), [term.copy() for term in terms])


def _count() -> exp.Expr:
    return exp.Count(this=exp.Star())


def _same(left: tuple[str, str], right: tuple[str, str]) -> exp.Expr:
    return exp.EQ(this=column(*left), expression=column(*right))


def _equals(value: exp.Expr, wanted: str | int) -> exp.Expr:
    return exp.EQ(this=value, expression=literal(wanted))


def _in(value: exp.Expr, wanted: Iterable[str]) -> exp.Expr:
    return exp.In(this=value, expressions=[literal(one) for one in wanted])


def _union(queries: Sequence[exp.Query]) -> exp.Query:
    return reduce(lambda left, right: exp.union(left, right, distinct=False), queries)


def _expr(node: exp.Expr) -> exp.Expr:
    return exp.paren(node.copy())
