"""What is asked of every analysis: the measure, its options, and the methods, each a model with its tau2 and interval.

To add a model of tables: an entry in `TABLE_MODELS` and its pool in `metaan.batch.tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import UsageError, choose
from ..stats.measures.catalogue import MEASURES, TO, added
from ..stats.pooling.intervals import check_level
from ..stats.pooling.models import MODELS
from .inference import CI_METHODS, PI_METHODS
from .kernels.inverse_variance import MODEL_CODES, TAU2_CODES
from .kernels.strata import MH_CODES

#: What a caller can ask for beside the columns of `metaan.batch.result.COLUMNS`.
ALSO = {
    "tau2_ci": "tau2_lb, tau2_ub: the Q-profile interval of tau2",
    "leave_one_out": "loo_min, loo_max, loo_changed: the lowest and the highest estimate without one study, and how "
    "many refits conclude otherwise; by inverse variance",
    "notes": "notes: what to know before reading the numbers; pi_reason: why there is no prediction interval",
}

#: Models that pool 2x2 tables or rates as strata, and the measures that they have.
TABLE_MODELS = {"MH": tuple(MH_CODES), "Peto": ("OR",)}

#: Estimators of tau2 that are here: those that a kernel computes, and those that are a line of the moments.
TAU2 = ("DL", "HS", "HSk", *TAU2_CODES)

_ACROSS = ("AV", "AVHO")


class Method(NamedTuple):
    """One row a analysis of the answer; ``tau2_method`` is None where the model has none."""

    model: str
    tau2_method: str | None
    ci_method: str


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What to do with every analysis.

    Attributes
    ----------
    measure, add, to, drop00, vtype, correct
        As in `metaan.stats.measures.catalogue.effect_sizes`.
    methods
        In the order of the answer.
    pi_method, level
        As in `metaan.stats.pooling.pool.pool`.
    also
        Keys of `ALSO`.
    """

    measure: str
    methods: tuple[Method, ...]
    pi_method: str = "t(k-1)"
    level: float = 0.95
    add: float | None = None
    to: str = "only0"
    drop00: bool = False
    vtype: str | None = None
    correct: bool | None = None
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what does not exist or does not go together, before a row is read."""
        choose(MEASURES, self.measure, "measure")
        choose(PI_METHODS, self.pi_method, "pi_method")
        choose(TO, self.to, "to")
        check_level(self.level)
        added(self.measure, self.add)
        for name in self.also:
            choose(ALSO, name, "also")
        if self.vtype in _ACROSS:
            raise UsageError(
                f"vtype {self.vtype!r} averages over studies; allowed here: a variance of each study's own"
            )
        for method in self.methods:
            _check(method, self.measure)


def methods_of(model: str | Iterable[str], tau2: str | Iterable[str], ci: str | Iterable[str]) -> tuple[Method, ...]:
    """Return every combination that means something, each once, in the order of what was asked."""
    found = [
        Method(m, t if _has_tau2(m) else None, c if m not in TABLE_MODELS else "wald")
        for m in names(model)
        for t in names(tau2)
        for c in names(ci)
    ]
    return tuple(dict.fromkeys(found))


def names(given: str | Iterable[str]) -> Sequence[str]:
    """Return the names of a list, or of a text with commas."""
    found = given.split(",") if isinstance(given, str) else list(given)
    if not all(isinstance(one, str) for one in found):
        raise UsageError(f"{found[0]!r} is no name of a method; a column whose name is taken goes in columns={{...}}")
    found = [one.strip() for one in found]
    if not found:
        raise UsageError("an empty list of methods; allowed: one name or more")
    return found


def _has_tau2(model: str) -> bool:
    return choose({name: name in MODELS and MODELS[name].has_tau2 for name in (*MODELS, *TABLE_MODELS)}, model, "model")


def _check(method: Method, measure: str) -> None:
    if method.model in TABLE_MODELS:
        choose(dict.fromkeys(TABLE_MODELS[method.model]), measure, f"measure of model {method.model}:")
        return
    choose(MODEL_CODES, method.model, "model")
    choose(CI_METHODS, method.ci_method, "ci_method")
    if method.tau2_method is not None:
        choose(dict.fromkeys(TAU2), method.tau2_method, "tau2_method")
    if method.model in ("birge", "ivhet") and method.ci_method not in ("wald", "t"):
        raise UsageError(
            f"model {method.model!r} has its own standard error; allowed: ci_method wald or t, not {method.ci_method}"
        )
