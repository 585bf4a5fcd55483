"""Formulas in words: how each kind of number on a page is computed.

y is a study's effect on the analysis scale (the natural log of a ratio), v its variance, w its weight, k the number of
studies, z the quantile of the normal distribution. A code without an entry is shown by the name of its method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import methods

if TYPE_CHECKING:
    from ...stats.pooling.result import Pooled

_TABLE = "with a of a + b people with an event in the experimental arm and c of c + d in the control arm"

EFFECT = {
    "OR": f"y = ln(a d / (b c)), v = 1/a + 1/b + 1/c + 1/d, {_TABLE}; shown are exp(y) and exp(y ± z √v)",
    "RR": f"y = ln((a / (a + b)) / (c / (c + d))), v = 1/a − 1/(a + b) + 1/c − 1/(c + d), {_TABLE}; "
    "shown are exp(y) and exp(y ± z √v)",
    "RD": f"y = a / (a + b) − c / (c + d), v = a b / (a + b)³ + c d / (c + d)³, {_TABLE}; shown are y and y ± z √v",
}

COMMON = {
    "MH OR": "Mantel-Haenszel: Σ(a d / n) / Σ(b c / n) of the tables; its variance on the log scale is that of Robins, "
    "Breslow and Greenland",
    "MH RR": "Mantel-Haenszel: Σ(a (c + d) / n) / Σ(c (a + b) / n) of the tables; its variance on the log scale is "
    "that of Greenland and Robins",
    "MH RD": "Mantel-Haenszel: mean of the risk differences with weights (a + b)(c + d) / n; its variance is that of "
    "Sato, Greenland and Robins",
    "IV": "Inverse variance: Σ(w y) / Σw with w = 1 / v; its standard error is 1 / √Σw",
    "Peto": "Peto: exp(Σ(O − E) / ΣV), O observed and E expected events of the experimental arm, V their variance",
}

RANDOM = "Σ(w y) / Σw with w = 1 / (v + τ²); its standard error by inverse variance is 1 / √Σw"

WEIGHT = {
    "MH OR": "b c / n of the study, as a share of the sum of its pool",
    "MH RR": "c (a + b) / n of the study, as a share of the sum of its pool",
    "MH RD": "(a + b)(c + d) / n of the study, as a share of the sum of its pool",
    "IV": "1 / v of the study, as a share of the sum of its pool",
    "Peto": "V, the variance of the study's observed events, as a share of the sum of its pool",
    "random": "1 / (v + τ²) of the study, as a share of the sum of its pool",
}

INTERVAL = {
    "wald": "estimate ± z times the standard error",
    "t": "estimate ± the quantile of t with k − 1 degrees of freedom times the standard error",
    "hksj": "estimate ± the quantile of t with k − 1 degrees of freedom times the standard error, which is that by "
    "inverse variance times √(q / (k − 1)), q = Σ w (y − estimate)²",
    "hksj-adhoc": "estimate ± the quantile of t with k − 1 degrees of freedom times the standard error, which is that "
    "by inverse variance times the larger of 1 and √(q / (k − 1)), q = Σ w (y − estimate)²",
    "auto": "Hartung-Knapp, never narrower than Wald, where k > 2 and τ² > 0; else estimate ± z times the standard "
    "error",
}

P_VALUE = {
    "normal": "both tails of the normal distribution beyond estimate / standard error",
    "t": "both tails of t with k − 1 degrees of freedom beyond estimate / standard error",
}

TAU2 = {
    "DL": "the larger of 0 and (Q − (k − 1)) / C, C = Σw − Σw² / Σw with w = 1 / v",
    "HE": "the larger of 0 and the variance of the y less the mean of the v",
    "HS": "the larger of 0 and (Q − k) / Σw with w = 1 / v",
    "HSk": "the larger of 0 and (Q k / (k − 1) − k) / Σw with w = 1 / v",
    "SJ": "t₀ / (k − 1) times Σ(y − mean)² / (v + t₀), t₀ the variance of the y with divisor k",
    "ML": "the τ² with the highest likelihood of the effects",
    "REML": "the τ² with the highest restricted likelihood of the effects",
    "PM": "the τ² at which Σ(y − mean)² / (v + τ²) is k − 1; 0 where it is less without",
    "EB": "the τ² at which Σ(y − mean)² / (v + τ²) is k − 1; 0 where it is less without",
    "PMM": "the τ² at which Σ(y − mean)² / (v + τ²) is the median of χ² with k − 1 degrees of freedom",
    "DL2": "the method of moments with weights 1 / (v + the τ² of DerSimonian and Laird)",
    "CA2": "the method of moments with weights 1 / (v + the τ² of Hedges)",
}

#: Structure of several results of a study to how their mean is computed.
DEPENDENT = {
    "CHE": "1′ M⁻¹ y / 1′ M⁻¹ 1, M the covariance of the effects: v, sampling errors that correlate within a study, a "
    "variance between studies and one within them; its standard error is cluster-robust",
    "three-level": "1′ M⁻¹ y / 1′ M⁻¹ 1, M the covariance of the effects: v, a variance between studies and one within "
    "them; its standard error is cluster-robust",
}

PREDICTION = {
    "t(k-1)": "estimate ± the quantile of t with k − 1 degrees of freedom times √(τ² + standard error²)",
    "t(k-2)": "estimate ± the quantile of t with k − 2 degrees of freedom times √(τ² + standard error²)",
    "normal": "estimate ± z times √(τ² + standard error²)",
}

OTHER = {
    "i2 random": "100 τ² / (τ² + s²), s² = (k − 1) / (Σw − Σw² / Σw) the typical variance of a study, w = 1 / v",
    "tau2 dependent": "the variance between studies and that within them, added; both have the highest restricted "
    "likelihood",
    "i2 dependent": "100 τ² / (τ² + s²), s² = (k − 1) / trace of the projection by the sampling covariance, the "
    "typical variance of an effect",
    "q dependent": "Q = (y − estimate)′ V⁻¹ (y − estimate), V the sampling covariance of the effects; p is the upper "
    "tail of χ² with one degree of freedom less than effects",
    "i2 common": "the larger of 0 and 100 (Q − df) / Q",
    "q": "Q = Σ (y − estimate)² / v over the studies, around the estimate of the common-effect method (of the mean by "
    "inverse variance in the random-effects model); p is the upper tail of χ² with k − 1 degrees of freedom",
    "q-profile": "the interval of τ² holds each value that the generalised Q does not reject (Q-profile); I² follows "
    "from τ²",
    "subgroups": "Q = Σ (estimate of a group − their mean)² / standard error², the mean weighted by 1 / standard "
    "error²; p is the upper tail of χ² with one degree of freedom less than groups; a group of one study enters with "
    "its effect",
    "people": "the numbers of the studies of the result, added up",
    "studies": "the studies of the result",
    "assumed": "the assumed risk, 1000 times",
    "treated OR": "1000 times OR r / (1 − r + OR r), r the assumed risk; the same with both ends of the interval",
    "treated RR": "1000 times RR r, r the assumed risk; the same with both ends of the interval",
    "treated RD": "1000 times (r + RD), r the assumed risk; the same with both ends of the interval",
    "difference": "the risk with the treatment less the assumed risk, per 1000 people; the same with both ends of the "
    "interval of the effect",
    "prediction": "the difference per 1000 people at both ends of the prediction interval",
}

EXPLORED = {
    "leave_one_out": "the protocol's result, computed anew without each study in turn",
    "cumulative": "the protocol's result of the first study, the first two, and so on",
    "influence": "each study's distance from the result of the others, and what leaving it out does to the estimate, "
    "its variance and τ² (Viechtbauer and Cheung 2010)",
    "small_study_tests": "the tests that are named, on the effects and variances of the studies",
    "trim_and_fill": "the protocol's result with the mirror images of the studies without a counterpart filled in "
    "(Duval and Tweedie 2000)",
    "regressions": "regression of the effects on the moderators with weights 1 / (v + τ²)",
    "gosh": "the protocol's result of every subset of the studies, or of a sample of them (Olkin, Dahabreh and "
    "Trikalinos 2012)",
    "bayes": "the posterior of mean and τ under yᵢ ~ N(μ, vᵢ + τ²) and the priors that are named, integrated over τ "
    "(Röver 2020)",
    "selection": "maximum likelihood of mean, τ² and the selection function, each study's density divided by its "
    "chance to be seen (Vevea and Hedges 1995)",
    "multiverse": "the same studies pooled by every combination of measure, model and methods that is named in the row",
}


def of_common(method: str, measure: str) -> str:
    """Return how a common-effect result is computed.

    >>> of_common("IV", "OR")
    'Inverse variance: Σ(w y) / Σw with w = 1 / v; its standard error is 1 / √Σw'
    """
    return COMMON.get(f"{method} {measure}") or COMMON.get(method) or methods.COMMON.get(method, method)


def of_weight(method: str, measure: str) -> str:
    """Return how a study's weight is computed; ``method`` is that of the common effect, or ``"random"``."""
    return WEIGHT.get(f"{method} {measure}") or WEIGHT.get(method, "the study's share of the weights of its pool")


def of_mean(fit: Pooled) -> str:
    """Return how a pooled result is computed."""
    return DEPENDENT.get(fit.method) or (RANDOM if fit.has_tau2 else of_common(fit.method, fit.measure))


def of_p(fit: Pooled) -> str:
    """Return how the p value of a mean is computed."""
    if fit.method in DEPENDENT and fit.df is not None:
        return P_VALUE["t"].replace("k − 1", f"{fit.df:.3g}")
    return P_VALUE["normal" if fit.df is None else "t"]


def of_tau2_of(fit: Pooled) -> str:
    """Return how tau2 of a result was estimated."""
    return OTHER["tau2 dependent"] if fit.method in DEPENDENT else of_tau2(fit.tau2_method)


def of_i2(fit: Pooled) -> str:
    """Return how I2 of a random-effects result is computed."""
    return OTHER["i2 dependent" if fit.method in DEPENDENT else "i2 random"]


def of_q(fit: Pooled | None) -> str:
    """Return how Q is computed."""
    return OTHER["q dependent" if fit is not None and fit.method in DEPENDENT else "q"]


def of_tau2(code: str | None) -> str:
    """Return how tau2 is estimated."""
    return TAU2.get(code or "") or methods.TAU2.get(code or "", code or "")


def of_interval(code: str) -> str:
    """Return how the interval of a mean is computed."""
    return INTERVAL.get(code) or methods.CI.get(code, code)


def of_prediction(code: str | None) -> str:
    """Return how a prediction interval is computed."""
    return PREDICTION.get(code or "") or f"method {code}"


#: What the page's script needs to say the same of the numbers that it computes.
SHARED = {
    "effect": EFFECT, "common": COMMON, "weight": WEIGHT, "tau2": TAU2, "ci": INTERVAL, "pi": PREDICTION,
    "p": P_VALUE, "random": RANDOM,
    **{name: OTHER[name] for name in ("q", "i2 random", "i2 common", "people", "subgroups")},
}  # fmt: skip
