"""Customer types: k-means over standardised features, numbered by spend, named by what is strongest in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples

from enishi.errors import AnalysisError
from enishi.segment.problems import did_you_mean

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

CHOICES = range(4, 11)
ONCE = 0
"""The cluster of those who bought once."""
NOWHERE = -1
"""Those whose total is zero or below."""
DRAWN = 5_000
"""How many customers the silhouette looks at: it compares each with each."""
STRONG = 0.5


@dataclass(frozen=True)
class Feature:
    """A feature: what planners call it, and what they call many and few of it."""

    label: str
    high: str
    low: str


FEATURES: Mapping[str, Feature] = {
    "spend": Feature("購入金額(対数)", "高額", "少額"),
    "orders": Feature("購入回数(対数)", "高頻度", "低頻度"),
    "recency": Feature("最終購入からの日数", "離れぎみ", "最近購入"),
    "breadth": Feature("カテゴリ数", "幅広い", "専門買い"),
    "discount_share": Feature("値引き購入率", "値引き派", "定価派"),
    "ec_share": Feature("EC・アプリ購入率", "EC中心", "店舗中心"),
    "weekend_share": Feature("週末購入率", "週末型", "平日型"),
    "margin_rate": Feature("粗利率", "高粗利", "低粗利"),
    "necessity_share": Feature("必需品購入比率", "必需品中心", "必需品少なめ"),
    "hobby_share": Feature("趣味品購入比率", "趣味品中心", "趣味品少なめ"),
    "consumable_share": Feature("消耗品購入比率", "消耗品中心", "消耗品少なめ"),
}


@dataclass(frozen=True)
class Placed:
    """Everybody's standardised features and cluster; the silhouette of each cluster that k-means made."""

    features: Sequence[str]
    z: Array
    cluster: Places
    silhouettes: Mapping[int, float]


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """A row a cluster and feature, the strongest feature of a cluster first.

    Raises:
        AnalysisError: an unknown feature, or too few customers with two purchases.
    """
    placed = place(rows, parameters)
    amount = rows.column("amount").to_numpy(zero_copy_only=False)
    lines = [line for number in _numbers(placed) for line in _lines(placed, number, amount)]
    return pa.Table.from_pylist([*lines, *_outside(placed, amount)], schema=pa.schema(_TYPES))


def people(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """Everybody's cluster."""
    placed = place(rows, parameters)
    inside = placed.cluster != NOWHERE
    return pa.table({"customer_id": rows.column("customer_id"), "cluster": pa.array(placed.cluster)}).filter(
        pa.array(inside)
    )


def place(rows: pa.Table, parameters: Mapping[str, Any]) -> Placed:
    """Put everybody into a cluster.

    Raises:
        AnalysisError: an unknown feature, or too few customers with two purchases.
    """
    features = _chosen(parameters["features"])
    orders, amount = _column(rows, "orders"), _column(rows, "amount")
    repeating = (orders >= 2) & (amount > 0)
    _refuse_few(int(repeating.sum()), parameters["k"])
    z = _standardised(rows, features, repeating)
    labels, silhouettes = _clustered(z[repeating], parameters)
    named = _by_spend(labels, amount[repeating])
    cluster = np.where(amount > 0, ONCE, NOWHERE).astype(np.int64)
    cluster[repeating] = named[labels]
    return Placed(features, z, cluster, {int(named[label]): value for label, value in silhouettes.items()})


def _chosen(given: Sequence[str] | None) -> list[str]:
    for name in given or ():
        if name not in FEATURES:
            raise AnalysisError(f"there is no feature {name}", where="-p features", remedy=did_you_mean(name, FEATURES))
    return [name for name in FEATURES if given is None or name in given]


def _refuse_few(people: int, k: int) -> None:
    least = k or CHOICES[0] + 1
    if people < least:
        raise AnalysisError(
            f"only {people} customers have bought twice, {least} are needed",
            remedy="Choose a longer period or a larger population.",
        )


def _column(rows: pa.Table, name: str) -> Array:
    return np.asarray(rows.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)


def _standardised(rows: pa.Table, features: Sequence[str], repeating: npt.NDArray[np.bool_]) -> Array:
    """Features against the mean and spread of the repeaters; what nobody knows, or does not vary, is 0."""
    raw = np.column_stack([_raw(rows, name) for name in features])
    known = np.where(np.isnan(raw[repeating]), np.nan, raw[repeating])
    counts = np.maximum((~np.isnan(known)).sum(axis=0), 1)
    mean = np.nansum(known, axis=0) / counts
    spread = np.sqrt(np.nansum((known - mean) ** 2, axis=0) / counts)
    return np.asarray(np.nan_to_num((raw - mean) / np.where(spread > 1e-12, spread, np.inf)), dtype=np.float64)


def _raw(rows: pa.Table, name: str) -> Array:
    match name:
        case "spend":
            return np.log1p(np.maximum(_column(rows, "amount"), 0))
        case "orders":
            return np.log(_column(rows, "orders"))
        case _:
            return _column(rows, name)


def _clustered(z: Array, parameters: Mapping[str, Any]) -> tuple[Places, dict[int, float]]:
    """Everybody's label, and the mean silhouette of each label in a draw."""
    rng = np.random.default_rng(parameters["seed"])
    sample = _drawn(rng, len(z), parameters["sample_size"])
    looked_at = _drawn(rng, len(z), DRAWN)
    ks = [parameters["k"]] if parameters["k"] else [k for k in CHOICES if k < len(z)]
    fits = [KMeans(k, n_init=10, random_state=parameters["seed"]).fit(z[sample]) for k in ks]
    scores = [_silhouettes(z[looked_at], fit.predict(z[looked_at])) for fit in fits]
    best = int(np.argmax([score.mean() for score in scores]))
    labels = np.asarray(fits[best].predict(z), dtype=np.int64)
    seen = labels[looked_at]
    return labels, {int(label): float(scores[best][seen == label].mean()) for label in np.unique(seen)}


def _drawn(rng: np.random.Generator, people: int, size: int) -> Places:
    if people <= size:
        return np.arange(people)
    return np.sort(rng.choice(people, size, replace=False))


def _silhouettes(z: Array, labels: Places) -> Array:
    """Null (not a number) for nobody: one cluster alone has a silhouette of 0."""
    if not 1 < np.unique(labels).size < len(z):
        return np.zeros(len(z))
    return np.asarray(silhouette_samples(z, labels), dtype=np.float64)


def _by_spend(labels: Places, amount: Array) -> Places:
    """The number of each label: 1 has the highest mean spend; a label that nobody has stands at the end."""
    spend = [
        float(amount[labels == label].mean()) if (labels == label).any() else 0.0 for label in range(labels.max() + 1)
    ]
    order = sorted(range(len(spend)), key=lambda label: (-spend[label], label))
    numbers = np.empty(len(spend), dtype=np.int64)
    numbers[order] = np.arange(1, len(spend) + 1)
    return numbers


def _numbers(placed: Placed) -> list[int]:
    """Clusters by their number, those who bought once last."""
    found = {int(number) for number in np.unique(placed.cluster)} - {NOWHERE}
    return sorted(found, key=lambda number: (number == ONCE, number))


def _lines(placed: Placed, number: int, amount: Any) -> list[dict[str, Any]]:
    mine = placed.cluster == number
    means = placed.z[mine].mean(axis=0)
    shared = {
        "cluster": number,
        "customers": int(mine.sum()),
        "amount": amount[mine].sum(),
        "silhouette": placed.silhouettes.get(number),
        "suggested_name": "1回購入" if number == ONCE else suggested(placed.features, means),
    }
    return [
        {**shared, "feature": FEATURES[placed.features[at]].label, "z_mean": float(means[at])}
        for at in _strongest(means)
    ]


def suggested(features: Sequence[str], means: Array) -> str:
    """A name from the two strongest features."""
    strong = [at for at in _strongest(means)[:2] if abs(means[at]) >= STRONG - 1e-9]
    words = [FEATURES[features[at]] for at in strong]
    return (
        "・".join(word.high if means[at] > 0 else word.low for word, at in zip(words, strong, strict=True)) or "平均的"
    )


def _strongest(means: Array) -> list[int]:
    return sorted(range(len(means)), key=lambda at: (-round(abs(float(means[at])), 9), at))


def _outside(placed: Placed, amount: Any) -> list[dict[str, Any]]:
    outside = placed.cluster == NOWHERE
    if not outside.any():
        return []
    return [{"customers": int(outside.sum()), "amount": amount[outside].sum(), "suggested_name": "0以下"}]


_TYPES: dict[str, pa.DataType] = {
    "cluster": pa.int64(),
    "customers": pa.int64(),
    "amount": pa.decimal128(38, 2),
    "feature": pa.string(),
    "z_mean": pa.float64(),
    "silhouette": pa.float64(),
    "suggested_name": pa.string(),
}
