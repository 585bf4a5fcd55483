"""The kinds of values that registry files hold: ids, DOIs, counts, codes of methods.

To add a trial registry, enter its prefix in `REGISTRIES`. The codes of measures and methods are never listed here: they
are the keys of the tables in `metaan.stats`, imported when the first code is checked. `COMMON_CODES` are those of
tables that only an exploration needs: they are accepted without the import, which `metaan pool` would pay for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from ...errors import did_you_mean
from ..text.scalars import Written


class Entry(BaseModel):
    """The base of all models here: unknown keys are refused, values never change."""

    # Building is deferred: a nested model is then built once, within its parent, which halves the time of the import.
    # For the same reason a default that is a model is made by model_construct, which needs no validator.
    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, str_strip_whitespace=True, defer_build=True
    )


def fault(found: str, allowed: str) -> PydanticCustomError:
    """Return the error that `metaan.registry.load` turns into a problem."""
    return PydanticCustomError("metaan", "{found}; {allowed}", {"found": found, "allowed": allowed})


def doi_key(doi: str) -> str:
    """Return what two spellings of one DOI have in common.

    >>> doi_key("https://doi.org/10.7554/eLife.66125")
    '10.7554/elife.66125'
    """
    return _DOI_PREFIX.sub("", doi.strip()).lower()


def _doi(value: object) -> str:
    text = _DOI_PREFIX.sub("", value.strip()) if isinstance(value, str) else ""
    if not _DOI.fullmatch(text):
        raise fault(f"{value} is not a DOI", "allowed: 10.<registrant>/<suffix>, such as 10.1371/journal.pone.0269065")
    return text


def _pmid(value: object) -> str:
    text = "" if isinstance(value, bool) else str(value).strip()
    if not _PMID.fullmatch(text):
        raise fault(f"{value} is not a PubMed id", "allowed: up to nine digits, the first not 0, such as 35925914")
    return text


def _pmcid(value: object) -> str:
    text = str(value).strip().upper()
    if not _PMCID.fullmatch(text):
        raise fault(f"{value} is not a PubMed Central id", "allowed: PMC and digits, such as PMC9351999")
    return text


def _registration(value: object) -> str:
    text = str(value).strip()
    for prefix, (pattern, example) in REGISTRIES.items():
        if text.upper().startswith(prefix):
            if not re.fullmatch(pattern, text.upper()):
                raise fault(f"{text} is not a registration number of {prefix}", f"allowed: such as {example}")
            return text.upper()
    if not _OTHER_REGISTRY.fullmatch(text):
        raise fault(f"{text!r} is not a registration number", "allowed: such as NCT04643678 or ISRCTN74727214")
    return text


def _day(value: object) -> object:
    """Return the day; numbers, which pydantic would take for seconds since 1970, are refused."""
    try:
        return value if value is None or isinstance(value, date) else date.fromisoformat(_text(value))
    except (TypeError, ValueError):
        raise fault(f"{value} is not a day", "allowed: year-month-day, such as 2021-03-01") from None


def _published(value: object) -> str:
    text = "" if isinstance(value, bool) else str(value)
    match = _PUBLISHED.fullmatch(text)
    if match:
        try:
            date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
        except ValueError:
            match = None
    if not match:
        raise fault(f"{value} is not a date", "allowed: 2021, 2021-02 or 2021-02-05")
    return text


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    return str(value)


def _written(value: object) -> Written:
    """Keep a number as it stands in the file: only its text tells how many digits were printed."""
    return value if isinstance(value, Written) else Written(str(value))


def _as_written(value: object, number: ValidatorFunctionWrapHandler) -> Written:
    number(value)
    return _written(value)


def _p_value(value: object) -> float | str:
    """Accept a number between 0 and 1, or a bound such as ``<0.001`` as it was printed."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return _written(value)
    if isinstance(value, str) and _P_BOUND.fullmatch(value.strip()):
        return value.strip()
    raise fault(f"{value} is not a p value", 'allowed: 0 to 1, or a bound in quotes such as "<0.001"')


def _interval(value: object) -> tuple[float, float]:
    """Accept two finite numbers; their order is a check, so that its message can name the study."""
    if isinstance(value, list | tuple) and len(value) == 2:
        lo, hi = value
        if all(isinstance(x, int | float) and not isinstance(x, bool) for x in value) and abs(lo) + abs(hi) < 1e300:
            return _written(lo), _written(hi)
    raise fault(f"{value} is not an interval", "allowed: two numbers, [lower, upper]")


def _code(tables: Callable[[], Mapping[str, Any]], what: str, known: Collection[str] = ()) -> BeforeValidator:
    """Check a code against a table that is looked up when it is first needed; ``known`` are in it without a look."""

    def check(value: object) -> object:
        if isinstance(value, str) and value in known:
            return value
        table = tables()
        if not isinstance(value, str) or value not in table:
            raise fault(f"{what} {value} is unknown", did_you_mean(str(value), table))
        return value

    return BeforeValidator(check)


def _measures() -> Mapping[str, Any]:
    from ...stats.measures.catalogue import MEASURES

    return MEASURES


NEED_WEIGHTS = ("GENQ", "GENQM")  # which a registry has no place for


def _tau2_methods() -> Mapping[str, Any]:
    from ...stats.pooling.tau2 import TAU2_METHODS

    return {code: what for code, what in TAU2_METHODS.items() if code not in NEED_WEIGHTS}


def _ci_methods() -> Mapping[str, Any]:
    from ...stats.pooling.intervals import CI_METHODS

    return CI_METHODS


def _pi_methods() -> Mapping[str, Any]:
    from ...stats.pooling.prediction import PI_METHODS

    return PI_METHODS


def _zero_cell_rules() -> Mapping[str, Any]:
    from ...stats.measures.catalogue import TO

    return TO


def _small_study_tests() -> Mapping[str, Any]:
    from ...stats.small_studies.catalogue import SMALL_STUDY_TESTS

    return SMALL_STUDY_TESTS


def _selection_functions() -> Mapping[str, Any]:
    from ...stats.selection.functions import SELECTION_FUNCTIONS

    return SELECTION_FUNCTIONS


def _trim_and_fill_estimators() -> Mapping[str, Any]:
    from ...stats.small_studies.trimfill import K0_ESTIMATORS

    return K0_ESTIMATORS


def _regression_tau2_methods() -> Mapping[str, Any]:
    from ...stats.regression.tau2 import REGRESSION_TAU2_METHODS

    return REGRESSION_TAU2_METHODS


def _regression_ci_methods() -> Mapping[str, Any]:
    from ...stats.regression.ci import REGRESSION_CI_METHODS

    return REGRESSION_CI_METHODS


def is_ratio(measure: str) -> bool:
    """Say whether a measure must be above 0.

    >>> is_ratio("HR"), is_ratio("RD")
    (True, False)
    """
    return bool(_measures()[measure].scale.is_ratio)


def of_one_arm(measure: str) -> bool:
    """Say whether a measure is of one group, and compares nothing.

    >>> of_one_arm("PLO"), of_one_arm("OR")
    (True, False)
    """
    if measure in USUAL:
        return False
    from ...stats.measures.catalogue import ONE_ARM

    return any(measure in known for known in ONE_ARM.values())


_DOI_PREFIX = re.compile(r"^(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S{1,200}")
_PMID = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_PMCID = re.compile(r"PMC[1-9]\d{0,8}", re.ASCII)
_OTHER_REGISTRY = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9/.:-]{4,39}", re.ASCII)
_PUBLISHED = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_P_BOUND = re.compile(r"[<>≤≥]=?\s?(?:0?\.\d+|[01])", re.ASCII)

USUAL = ("OR", "RR", "RD")  # of two arms, known without a look into the table

COMMON_CODES = {
    "tests": frozenset({"egger", "egger-mixed", "begg", "harbord", "peters", "macaskill", "deeks"}),
    "fill": frozenset({"L0", "R0", "Q0"}),
    "tau2": frozenset({"DL", "REML", "PM"}),
    "ci": frozenset({"wald", "t", "hksj", "hksj-adhoc"}),
}

MOST = 1_000_000_000  # people or events of one number; more is a slip, and exact tests would count to it

ID_PATTERN = r"^[a-z0-9][a-z0-9-]{0,79}$"

Id = Annotated[str, Field(pattern=ID_PATTERN)]
Text = Annotated[str, Field(min_length=1)]
Doi = Annotated[str, BeforeValidator(_doi)]
Pmid = Annotated[str, BeforeValidator(_pmid)]
Pmcid = Annotated[str, BeforeValidator(_pmcid)]
Registration = Annotated[str, BeforeValidator(_registration)]
Day = Annotated[date, BeforeValidator(_day)]
Published = Annotated[str, BeforeValidator(_published)]
Count = Annotated[int, Field(strict=True, ge=0, le=MOST)]
Positive = Annotated[int, Field(strict=True, ge=1, le=MOST)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_AS_IT_IS = PlainSerializer(lambda value: value)  # a number that keeps its text is none of pydantic's own
Printed = Annotated[Number, WrapValidator(_as_written)]
PrintedAboveZero = Annotated[Number, Field(gt=0), WrapValidator(_as_written)]
PrintedNotNegative = Annotated[Number, Field(ge=0), WrapValidator(_as_written)]
PrintedCorrelation = Annotated[Number, Field(ge=-1, le=1), WrapValidator(_as_written)]
Proportion = Annotated[float, Field(strict=True, gt=0, lt=1)]
Flag = Annotated[bool, Field(strict=True)]
PValue = Annotated[
    float | str,
    PlainValidator(_p_value),
    _AS_IT_IS,
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string"}]}),
]
Bounds = Annotated[
    tuple[float, float],
    PlainValidator(_interval),
    _AS_IT_IS,
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
]


def _prior(read: Callable[[str], object]) -> BeforeValidator:
    """Check a prior by reading it as the model that needs it will."""

    def check(value: object) -> object:
        from ...errors import UsageError

        if not isinstance(value, str):
            raise fault(f"{value} is no prior", "allowed: text, such as half-normal(0.5) or normal(0, 4)")
        try:
            read(value)
        except UsageError as error:
            found, _, allowed = str(error).partition("; ")
            raise fault(found, allowed) from None
        return value

    return BeforeValidator(check)


def _read_tau_prior(text: str) -> object:
    import numpy as np

    from ...stats.bayes.priors import UNIT, prior_of

    return text if text == UNIT else prior_of(text, np.ones(2))


def _read_mu_prior(text: str) -> object:
    from ...stats.bayes.priors import UNIT, mean_prior

    return text if text == UNIT else mean_prior(text)


TauPriorText = Annotated[str, _prior(_read_tau_prior)]
MuPriorText = Annotated[str, _prior(_read_mu_prior)]
MeasureCode = Annotated[str, _code(_measures, "measure")]
Tau2Method = Annotated[str, _code(_tau2_methods, "tau2_method")]
CiMethod = Annotated[str, _code(_ci_methods, "ci_method")]
PiMethod = Annotated[str, _code(_pi_methods, "pi_method")]
ZeroCellRule = Annotated[str, _code(_zero_cell_rules, "to")]
SelectionCode = Annotated[str, _code(_selection_functions, "selection function")]
SmallStudyTestCode = Annotated[str, _code(_small_study_tests, "small-study test", COMMON_CODES["tests"])]
TrimAndFillEstimator = Annotated[
    str, _code(_trim_and_fill_estimators, "estimator of trim and fill", COMMON_CODES["fill"])
]
RegressionTau2Method = Annotated[
    str, _code(_regression_tau2_methods, "tau2_method of a regression", COMMON_CODES["tau2"])
]
RegressionCiMethod = Annotated[str, _code(_regression_ci_methods, "ci_method of a regression", COMMON_CODES["ci"])]

REGISTRIES = {
    "NCT": (r"NCT\d{8}", "NCT04643678"),
    "ISRCTN": (r"ISRCTN\d{8}", "ISRCTN74727214"),
    "ACTRN": (r"ACTRN\d{14}", "ACTRN12620000417976"),
    "DRKS": (r"DRKS\d{8}", "DRKS00021238"),
}
