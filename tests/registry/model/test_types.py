import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from metaan.registry.model import types
from metaan.registry.model.types import REGISTRIES, doi_key, is_ratio


def accepts(kind: object, value: object) -> object:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        (types.Pmid, "35925914", "35925914"),
        (types.Pmid, 35925914, "35925914"),
        (types.Pmcid, "PMC9351999", "PMC9351999"),
        (types.Doi, "10.1016/S2213-2600(20)30556-7", "10.1016/S2213-2600(20)30556-7"),
        (types.Doi, "https://doi.org/10.7554/eLife.66125", "10.7554/eLife.66125"),
        (types.Doi, "http://dx.doi.org/10.7554/eLife.66125", "10.7554/eLife.66125"),
        (types.Doi, "doi: 10.7554/eLife.66125", "10.7554/eLife.66125"),
        (types.Registration, "nct04643678", "NCT04643678"),
        (types.Registration, "ISRCTN74727214", "ISRCTN74727214"),
        (types.Registration, "2020-001825-29", "2020-001825-29"),
        (types.Published, 2021, "2021"),
        (types.Published, "2021-02", "2021-02"),
        (types.Published, "2021-02-05", "2021-02-05"),
        (types.PValue, 0.712, 0.712),
        (types.PValue, "<0.001", "<0.001"),
        (types.PValue, ">0.05", ">0.05"),
        (types.Bounds, [1, 2.5], (1.0, 2.5)),
        (types.Count, 0, 0),
        (types.Id, "a" * 80, "a" * 80),
    ],
)
def test_what_is_accepted_and_how_it_is_kept(kind: object, value: object, stored: object) -> None:
    assert accepts(kind, value) == stored


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (types.Pmid, "0123"),
        (types.Pmid, "1234567890"),
        (types.Pmid, "PMC123"),
        (types.Pmid, True),
        (types.Pmid, "١٢٣"),
        (types.Pmcid, "9351999"),
        (types.Doi, "10.1/x"),
        (types.Doi, "https://example.org/10.1000/x"),
        (types.Doi, "10.1000/with space"),
        (types.Doi, 10.1),
        (types.Registration, "NCT0464367"),
        (types.Registration, "ISRCTN747272145"),
        (types.Registration, "none"),
        (types.Published, "2021-13"),
        (types.Published, "2021-02-30"),
        (types.Published, "February 2021"),
        (types.Published, 20210205),
        (types.Day, 1_600_000_000),
        (types.Day, "2021-02-30"),
        (types.PValue, 1.2),
        (types.PValue, "significant"),
        (types.PValue, True),
        (types.Bounds, [1]),
        (types.Bounds, [1, "2"]),
        (types.Bounds, "1 to 2"),
        (types.Count, 5.0),
        (types.Count, "5"),
        (types.Count, True),
        (types.Count, -1),
        (types.Proportion, 95),
        (types.Proportion, 1),
        (types.Proportion, 0),
        (types.Number, "0.5"),
        (types.Flag, "yes"),
        (types.Id, "../etc"),
        (types.Id, "-a"),
        (types.Id, "A"),
        (types.Id, "a" * 81),
        (types.Id, "a\n"),
        (types.Tau2Method, "Reml"),
        (types.MeasureCode, "ODDS"),
        (types.ZeroCellRule, "sometimes"),
        (types.CiMethod, "Wald"),
        (types.PiMethod, "t"),
    ],
)
def test_what_is_refused(kind: object, value: object) -> None:
    with pytest.raises(ValidationError):
        accepts(kind, value)


@settings(max_examples=50)
@given(suffix=st.from_regex(r"[a-zA-Z0-9()./_-]{1,30}", fullmatch=True))
def test_the_spellings_of_one_doi_have_one_key(suffix: str) -> None:
    doi = f"10.1000/{suffix}"
    spellings = [doi, doi.upper(), f"https://doi.org/{doi}", f"DOI:{doi}", f" {doi} "]
    assert {doi_key(str(accepts(types.Doi, spelling))) for spelling in spellings} == {doi_key(doi)}


@pytest.mark.parametrize("prefix", REGISTRIES)
def test_each_registry_accepts_its_example(prefix: str) -> None:
    assert accepts(types.Registration, REGISTRIES[prefix][1]) == REGISTRIES[prefix][1]


def test_ratios_are_told_from_differences() -> None:
    assert [is_ratio(measure) for measure in ("OR", "RR", "HR", "RD")] == [True, True, True, False]


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (types._small_study_tests, types.COMMON_CODES["tests"]),
        (types._trim_and_fill_estimators, types.COMMON_CODES["fill"]),
        (types._regression_tau2_methods, types.COMMON_CODES["tau2"]),
        (types._regression_ci_methods, types.COMMON_CODES["ci"]),
    ],
)
def test_codes_that_are_accepted_without_a_look_are_in_their_table(kind, codes) -> None:
    assert codes <= set(kind())
