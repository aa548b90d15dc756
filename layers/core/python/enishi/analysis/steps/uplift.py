"""Whom a campaign moves: a model an arm gives each customer a predicted uplift, tenths of it are held to the facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from enishi.errors import AnalysisError

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LOGGED = ("orders", "amount", "messages", "clicks")
PLAIN = ("recency", "online_share", "tenure", "age", "is_female")
TENTHS = 10


@dataclass(frozen=True)
class Scale:
    """Where the features of the assigned lie, and how wide; what nobody knows of a customer is put there."""

    mean: Array
    spread: Array

    def of(self, raw: Array) -> Array:
        return np.asarray(np.nan_to_num((raw - self.mean) / self.spread), dtype=np.float64)


@dataclass(frozen=True)
class Trial:
    """The assigned customers."""

    raw: Array
    scale: Scale
    control: Flags
    buyer: Flags

    @property
    def features(self) -> Array:
        return self.scale.of(self.raw)


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """A row a tenth, the highest predicted uplift first.

    Raises:
        AnalysisError: too few controls, or nobody (or everybody) of an arm bought.
    """
    assigned = rows.filter(pc.field("is_assigned"))
    trial = _trial(assigned, parameters)
    predicted = _out_of_fold(trial, parameters)
    decile = tenths(predicted)
    value = _value(assigned)
    lines = [_line(trial, predicted, decile, number, value, parameters) for number in np.unique(decile)]
    return pa.Table.from_pylist(lines, schema=pa.schema(_TYPES))


def people(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """The tenth of everybody as they are now, by the models of all the assigned.

    Raises:
        AnalysisError: too few controls, or nobody (or everybody) of an arm bought.
    """
    trial = _trial(rows.filter(pc.field("is_assigned")), parameters)
    predicted = _out_of_fold(trial, parameters)
    decile = tenths(predicted)
    borders = {int(number): predicted[decile == number].min() for number in np.unique(decile)}
    present = rows.filter(~pc.field("is_assigned"))
    now = _uplift(trial, np.ones(trial.buyer.size, dtype=np.bool_), trial.scale.of(_raw(present)))
    reached = [next((number for number, low in borders.items() if one >= low - 1e-9), max(borders)) for one in now]
    return pa.table({"customer_id": present.column("customer_id"), "decile": pa.array(reached, pa.int64())})


def tenths(predicted: Array) -> npt.NDArray[np.int64]:
    """Ten bands of equal head-count, the first the highest; equal predictions stay in the better band (rule TIE)."""
    value = np.round(predicted, 9)
    order = np.lexsort((np.arange(value.size), -value))
    sizes = np.full(TENTHS, value.size // TENTHS) + (np.arange(TENTHS) < value.size % TENTHS)
    band = np.empty(value.size, dtype=np.int64)
    band[order] = np.repeat(np.arange(1, TENTHS + 1), sizes)
    _, group = np.unique(value, return_inverse=True)
    best = np.full(group.max() + 1, TENTHS, dtype=np.int64)
    np.minimum.at(best, group, band)
    return np.asarray(best[group], dtype=np.int64)


def _trial(rows: pa.Table, parameters: Mapping[str, Any]) -> Trial:
    control, buyer = _flags(rows, "is_control"), _flags(rows, "is_buyer")
    if control.sum() < (least := parameters["min_control"]):
        raise AnalysisError(
            f"the control group has {control.sum()} customers whose window has passed, {least} are needed",
            where="-p campaigns",
            remedy="Choose a campaign with a larger holdout, or several of them.",
        )
    for arm, name in ((control, "control"), (~control, "treated")):
        fewest = min(buyer[arm].sum(), (~buyer[arm]).sum()) if arm.any() else 0
        if fewest < parameters["folds"]:
            raise AnalysisError(
                f"the {name} group has fewer than {parameters['folds']} buyers or non-buyers",
                where="-p folds",
                remedy="Choose a longer window, a larger campaign or fewer folds.",
            )
    raw = _raw(rows)
    return Trial(raw, _scale(raw), control, buyer)


def _raw(rows: pa.Table) -> Array:
    logged = [np.log1p(np.maximum(_numbers(rows, name), 0)) for name in LOGGED]
    return np.column_stack([*logged, *(_numbers(rows, name) for name in PLAIN)])


def _scale(raw: Array) -> Scale:
    known = ~np.isnan(raw)
    counts = np.maximum(known.sum(axis=0), 1)
    mean = np.nansum(raw, axis=0) / counts
    spread = np.sqrt(np.nansum((raw - mean) ** 2, axis=0) / counts)
    return Scale(mean, np.where(spread > 1e-12, spread, np.inf))


def _out_of_fold(trial: Trial, parameters: Mapping[str, Any]) -> Array:
    """Each customer's uplift as those say who are in other folds; arms and buyers are spread evenly over the folds."""
    predicted = np.empty(trial.buyer.size)
    kinds = trial.control * 2 + trial.buyer
    folds = StratifiedKFold(parameters["folds"], shuffle=True, random_state=parameters["seed"])
    for learnt, left in folds.split(trial.raw, kinds):
        chosen = np.zeros(trial.buyer.size, dtype=np.bool_)
        chosen[learnt] = True
        predicted[left] = _uplift(trial, chosen, trial.features[left])
    return predicted


def _uplift(trial: Trial, learnt: Flags, features: Array) -> Array:
    """Buying probability by the treated's model less that by the control's."""
    treated, control = (
        _model(trial, learnt & arm).predict_proba(features)[:, 1] for arm in (~trial.control, trial.control)
    )
    return np.asarray(treated - control, dtype=np.float64)


def _model(trial: Trial, rows: Flags) -> LogisticRegression:
    return LogisticRegression(max_iter=1000).fit(trial.features[rows], trial.buyer[rows])


def _value(rows: pa.Table) -> float:
    """What a buyer of the window brings: margin, or the amount where a cost is not known."""
    bought = rows.filter(pc.field("is_buyer"))
    margin = _numbers(bought, "later_margin")
    worth = _numbers(bought, "later_amount") if np.isnan(margin).any() else margin
    return float(worth.mean())


def _line(
    trial: Trial, predicted: Array, decile: Any, number: int, value: float, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    mine = decile == number
    treated, control = _rate(trial, mine & ~trial.control), _rate(trial, mine & trial.control)
    observed = None if treated is None or control is None else treated - control
    return {
        "decile": int(number),
        "customers": int(mine.sum()),
        "predicted": float(predicted[mine].mean()),
        "treated_rate": treated,
        "control_rate": control,
        "observed": observed,
        "qini": _qini(trial, decile <= number),
        "worth_mailing": None if observed is None else bool(observed * value > parameters["cost_per_message"]),
        "low_n": any(0 < arm.sum() < parameters["min_cell"] for arm in (mine & ~trial.control, mine & trial.control)),
    }


def _rate(trial: Trial, arm: Flags) -> float | None:
    return float(trial.buyer[arm].mean()) if arm.any() else None


def _qini(trial: Trial, reached: Flags) -> float | None:
    """Radcliffe (2007): buyers won among the treated reached so far, over all treated."""
    treated, control = reached & ~trial.control, reached & trial.control
    if not control.any():
        return None
    won = trial.buyer[treated].sum() - trial.buyer[control].sum() * treated.sum() / control.sum()
    return float(won / (~trial.control).sum())


def _numbers(rows: pa.Table, name: str) -> Array:
    return np.asarray(rows.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)


def _flags(rows: pa.Table, name: str) -> Flags:
    return np.asarray(rows.column(name).to_numpy(zero_copy_only=False), dtype=np.bool_)


_TYPES: dict[str, pa.DataType] = {
    "decile": pa.int64(),
    "customers": pa.int64(),
    "predicted": pa.float64(),
    "treated_rate": pa.float64(),
    "control_rate": pa.float64(),
    "observed": pa.float64(),
    "qini": pa.float64(),
    "worth_mailing": pa.bool_(),
    "low_n": pa.bool_(),
}
