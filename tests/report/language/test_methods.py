"""What was done, in words: which analysis a sentence is about, and formulas that fit the numbers beside them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

import metaan as ma
from metaan.report.language import formulas
from metaan.report.language.methods import paragraphs
from metaan.synthesis.values import Analysis


def test_methods_that_analyses_do_not_share_name_theirs(death: Analysis) -> None:
    plan = death.plan.model_copy(update={"title": "Another", "tau2_method": "REML", "pi_method": "t(k-2)"})
    said = paragraphs([death, replace(death, plan=plan)])
    [dl] = [text for text in said if "DerSimonian-Laird, Wald" in text]
    [reml] = [text for text in said if "restricted maximum likelihood, Wald" in text]
    assert dl.endswith("(death from any cause)")
    assert reml.endswith("(another)")
    assert next(text for text in said if text.startswith("Heterogeneity")).endswith("weights.")


def test_most_analyses_are_named_by_the_others(death: Analysis) -> None:
    plans = [death.plan.model_copy(update={"title": title}) for title in ("One", "Two", "Three")]
    plans[2] = plans[2].model_copy(update={"tau2_method": "PM"})
    said = [text for text in paragraphs([replace(death, plan=plan) for plan in plans]) if "τ² by" in text]
    assert [text.rpartition(" (")[2] for text in said] == ["all but three)", "three)"]


def test_designs_that_are_pooled_together_are_not_said_to_be_apart(analysis: Callable[..., Analysis]) -> None:
    plan = {"plan": analysis().plan.model_copy(update={"pool_designs": True})}
    said = " ".join(paragraphs([analysis(**plan)]))
    assert "are pooled together, as the protocol says" in said
    assert "never put into one diamond" not in said


@pytest.mark.parametrize("code", ["hksj", "hksj-adhoc"])
def test_the_standard_error_of_hartung_and_knapp_is_adjusted_once(code: str) -> None:
    """The standard error that stands beside the formula holds the factor, so the formula says what it is."""
    from scipy.stats import t

    es = ma.effect_sizes("OR", ai=[5, 11, 4], n1i=[40, 37, 50], ci=[9, 3, 8], n2i=[40, 34, 51])
    fit = ma.pool(es, tau2_method="DL", ci_method=code)
    assert fit.estimate + t.ppf(0.975, fit.k - 1) * fit.se == pytest.approx(fit.ci.ub, rel=1e-9)
    assert "standard error, which is that by inverse variance times" in formulas.of_interval(code)
    assert "standard error times" not in formulas.of_interval(code)
