"""What was done, in words, with its references.

Every code of a method that can stand in a protocol has its words here; a code without an entry is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ...stats.measures.catalogue import added
from ...stats.numerics.numerals import exact
from ...stats.pooling.models import MODELS
from ...stats.pooling.result import Pooled
from . import formats, spread, words

if TYPE_CHECKING:
    from ...registry.model.public import BayesPlan, Plan, Structure
    from ...stats.bayes.result import Bayes
    from ...synthesis.values import Analysis


def _named(table: Mapping[str, str], code: str | None) -> str:
    return table.get(code or "", code or "")


def bayes_name(fit: Bayes) -> str:
    """Return the label of a Bayesian result, with the prior of its heterogeneity."""
    return f"Bayes, τ {fit.tau_prior.text}"


def model_name(fit: Pooled) -> str:
    """Return the label of a pooled result, with the methods that made it."""
    interval = "" if fit.ci_method == "wald" else f", {_named(CI_NAMES, fit.ci_method)}"
    how = fit.tau2_method if fit.has_tau2 else _named(COMMON, fit.method)
    if fit.has_tau2 and fit.method in DEPENDENT:
        how = f"{COMMON[fit.method]}, {how}"
    return f"{words.upper_first(MODELS[fit.model].words)}, {how}{interval}"


def short_name(fit: Pooled) -> str:
    """Return the codes of the methods that made a pooled result."""
    return f"{SHORT[fit.model]}, " + (f"{fit.tau2_method}, {fit.ci_method}" if fit.has_tau2 else fit.method)


def legend_name(fit: Pooled) -> str:
    """Return a pooled result as the legend of a plot names it."""
    name = model_name(fit)
    return f"pooled effect: {name[0].lower()}{name[1:]}"


def convention(pi_method: str | None) -> str:
    """Return the code of a prediction interval as it is printed.

    >>> convention("t(k-1)")
    't(k−1)'
    """
    return (pi_method or "").replace("-", formats.MINUS)


def footer(analysis: Analysis) -> str:
    """Return the line under a forest plot: estimators, interval, prediction convention."""
    parts = [made(analysis) for model, made in FOOTERS.items() if model in analysis.plan.model]
    squares = "The area of a square is the study's weight within its pool"
    via = words.transformation(analysis.measure)
    return ". ".join([*parts, *([f"Transformed for pooling: {via}"] if via else []), squares]) + "."


def _common_footer(analysis: Analysis) -> str:
    return f"Common (fixed) effect: {_named(COMMON, _common_code(analysis))}"


def _random_footer(analysis: Analysis) -> str:
    plan = analysis.plan
    if (structure := _structure(plan)) is not None:
        return f"Random effects: {_dependence(structure)}; τ² is both variances; cluster-robust interval (CR2)"
    return (
        f"Random effects: inverse variance, τ² by {_named(TAU2, plan.tau2_method)}, {_named(CI, plan.ci_method)} "
        f"interval; prediction interval {convention(plan.pi_method)}"
    )


def _birge_footer(analysis: Analysis) -> str:
    return f"Multiplicative (Birge) model: inverse variance, the variance of the mean times Q / (k {formats.MINUS} 1)"


def _ivhet_footer(analysis: Analysis) -> str:
    tau2 = _named(TAU2, analysis.plan.tau2_method)
    return f"Inverse-variance heterogeneity model: weights of the common effect; its variance has τ² by {tau2}"


def _structure(plan: Plan) -> Structure | None:
    """Return how several results of a study depend on each other; None where each row counts as a study."""
    return plan.structure if plan.structure is not None and plan.structure.model in DEPENDENT else None


def _dependence(structure: Structure) -> str:
    said = DEPENDENT[structure.model]
    return f"{said} by {structure.rho:g}" if structure.model == "CHE" else said


def _common_code(analysis: Analysis) -> str:
    fits = [pool.common for pool in analysis.results if pool.common is not None]
    return fits[0].method if fits else analysis.plan.common_method


def paragraphs(analyses: Iterable[Analysis]) -> tuple[str, ...]:
    """Return the statistical methods as sentences, each once; where analyses differ, with the names of its analyses."""
    found: dict[str, dict[str, list[str]]] = {}
    for analysis in analyses:
        title = words.lower_first(analysis.title)
        for topic, text in _paragraphs(analysis):
            found.setdefault(topic, {}).setdefault(text, []).append(title)
    return tuple(text + _whose(text, texts) for texts in found.values() for text in texts)


def _whose(text: str, texts: Mapping[str, Sequence[str]]) -> str:
    """Say for which analyses a sentence holds, given all sentences on its topic with theirs."""
    others = [title for other, titles in texts.items() if other != text for title in titles]
    if not others:
        return ""
    few = len(texts[text]) <= len(others)
    return f" ({'' if few else 'all but '}{'; '.join(texts[text] if few else others)})"


def _paragraphs(analysis: Analysis) -> Iterable[tuple[str, str]]:
    """Yield each sentence with its topic: of two sentences on one topic, an analysis has one."""
    plan = analysis.plan
    names = formats.listing(f"the {model} effect{'s' if model == 'random' else ''} model" for model in plan.model)
    rule = "None is chosen or changed because of what I² or Q turn out to be."
    yield from _dependent(analysis)
    yield "models", f"The protocol names the models: {names}. {rule}"
    if "common" in plan.model:
        yield "common", _common(analysis)
    if "random" in plan.model:
        yield from _random(analysis)
    if _structure(plan) is None:
        yield (
            "heterogeneity",
            f"Heterogeneity: τ² with its {spread.INTERVALS_OF_TAU2['QP']} interval; I² and its interval follow from "
            "τ²; Cochran's Q has inverse-variance weights.",
        )
    if plan.bayes is not None:
        yield "bayes", _bayes(plan.bayes)
    if plan.selection is not None:
        yield (
            "selection",
            "Beside it, selection models ask what the effect would be had studies been likelier to be seen the smaller "
            "their p-value, by maximum likelihood (Vevea and Hedges 1995); they are a sensitivity analysis.",
        )
    if not plan.pool_designs:
        yield (
            "designs",
            "Randomised trials and non-randomised studies are pooled apart and never put into one diamond; "
            "the test for subgroup differences compares them (between-group Q).",
        )
    elif len({row.design for pool in analysis.pools for row in pool.rows}) > 1:
        yield "designs", "Randomised trials and non-randomised studies are pooled together, as the protocol says."
    yield (
        "single",
        "One study alone is not pooled: its own result is shown. Published pools of reviews are never pooled.",
    )
    yield (
        "absolute",
        "An effect per 1000 people applies the relative effect and both ends of its interval to an assumed risk; "
        "the risk itself is taken as known.",
    )


def _bayes(asked: BayesPlan) -> str:
    """Say how the Bayesian model is computed, with its priors."""
    source = f" ({asked.source})" if asked.source else ""
    mean = "a flat prior" if asked.mu_prior == "flat" else f"the prior {asked.mu_prior}"
    return (
        f"Beside it, a Bayesian normal-normal model is fitted by quadrature over τ, with the prior {asked.tau_prior} "
        f"for τ and {mean} for the mean on the analysis scale{source}, and {asked.interval} credible intervals; the "
        "same studies are fitted under other priors, and predictive checks ask whether priors, model and data go "
        "together."
    )


def _dependent(analysis: Analysis) -> Iterable[tuple[str, str]]:
    """Say what becomes of several results of one study."""
    structure = _structure(analysis.plan)
    if structure is None:
        return
    yield (
        "structure",
        f"A study brings every result of the outcome, each in a row. Random effects: {_dependence(structure)}, by "
        "restricted maximum likelihood; τ² is both variances together. Intervals are cluster-robust (CR2) with "
        "Satterthwaite's degrees of freedom, and so is the prediction interval of a new result of a new study. A "
        "study's weight is shown in equal parts over its rows. Other correlations and one effect a study stand beside.",
    )


def _common(analysis: Analysis) -> str:
    code = _common_code(analysis)
    if code == "MH":
        return (
            "Common (fixed) effect: Mantel-Haenszel without a correction of zero cells; odds ratios have the "
            "variance of Robins, Breslow and Greenland."
        )
    return f"Common (fixed) effect: {_named(COMMON, code)}."


def _added(analysis: Analysis) -> str:
    """Return what inverse variance adds to which cells."""
    rule = analysis.plan.zero_cells
    amount = added(analysis.measure, rule.add)
    return f"{exact(amount)} to {_named(ZERO, rule.to)}" if amount else "nothing to any cell"


def _random(analysis: Analysis) -> Iterable[tuple[str, str]]:
    plan = analysis.plan
    if _structure(plan) is not None:
        return
    yield (
        "random",
        f"Random effects: inverse variance, τ² by {_named(TAU2, plan.tau2_method)}, {_named(CI, plan.ci_method)} "
        f"intervals. Inverse variance adds {_added(analysis)}; a study "
        "without events in both arms stays in the table and does not enter a ratio.",
    )
    others = sorted({_sensitivity(s.fit) for pool in analysis.results for s in pool.sensitivity if not s.without})
    if others:
        beside = "Beside the protocol's result, the same studies are pooled by other methods"
        yield "beside", f"{beside}: {formats.listing(others)}."
    yield (
        "prediction",
        f"Prediction intervals use the {_named(PI, plan.pi_method)} "
        f"and are given from three studies on; below {spread.FEW_TO_PREDICT} they are a rough guide.",
    )


def _sensitivity(fit: Pooled) -> str:
    name = MODELS[fit.model].short
    if not fit.has_tau2:
        return f"{name} by {_named(COMMON, fit.method)}"
    return f"{name} with {_named(TAU2, fit.tau2_method)} and {_named(CI, fit.ci_method)} intervals"


def references(analyses: Iterable[Analysis]) -> tuple[str, ...]:
    """Return the works behind the methods that were used, in alphabetical order."""
    keys: set[str] = {"Higgins 2002"}
    for analysis in analyses:
        for pool in analysis.results:
            fits = [*pool.fits.values(), *(s.fit for s in pool.sensitivity)]
            keys |= {key for fit in fits for key in _keys(fit)}
            keys |= {"Viechtbauer 2007"} if pool.tau2_ci is not None else set()
            keys |= {"Röver 2020", "Box 1980"} if pool.exploration and pool.exploration.bayes else set()
    return tuple(sorted(REFERENCES[key] for key in keys))


def _keys(fit: Pooled) -> Iterable[str]:
    codes = [fit.method + fit.measure if fit.method == "MH" else fit.method, fit.tau2_method, fit.ci_method]
    codes += ["prediction"] if fit.pi is not None else []
    for code in codes:
        yield from CITED.get(code or "", ())


#: Model to its name where there is little room, and to what the footer of a plot says of it.
SHORT = {"common": "Common (fixed)", "random": "Random", "birge": "Birge", "ivhet": "IVhet"}
FOOTERS = {"common": _common_footer, "random": _random_footer, "birge": _birge_footer, "ivhet": _ivhet_footer}

COMMON = {
    "MH": "Mantel-Haenszel",
    "IV": "inverse variance",
    "PETO": "Peto",
    "CHE": "correlated errors (CHE)",
    "three-level": "three levels",
}

#: Structure of several results of a study to what it says.
DEPENDENT = {
    "CHE": "a variance between studies and one within them, sampling errors of a study correlated",
    "three-level": "a variance between studies and one within them",
}

TAU2 = {
    "DL": "DerSimonian-Laird",
    "REML": "restricted maximum likelihood",
    "ML": "maximum likelihood",
    "PM": "Paule-Mandel",
    "PMM": "Paule-Mandel (median-unbiased)",
    "EB": "empirical Bayes",
    "HE": "Hedges-Olkin",
    "HS": "Hunter-Schmidt",
    "HSk": "Hunter-Schmidt (corrected)",
    "SJ": "Sidik-Jonkman",
    "GENQ": "the method of moments with given weights",
    "GENQM": "the median-unbiased method of moments with given weights",
    "DL2": "two-step DerSimonian-Laird",
    "CA2": "two-step Hedges-Olkin",
    "DLIT": "iterated DerSimonian-Laird",
    "SJIT": "iterated Sidik-Jonkman",
}

CI_NAMES = {
    "wald": "Wald",
    "t": "Wald-type t",
    "hksj": "Hartung-Knapp",
    "hksj-adhoc": "Hartung-Knapp",
    "auto": "Hartung-Knapp",
    "KR": "Kenward-Roger",
    "PL": "profile likelihood",
    "CR2": "cluster-robust",
}
CI = {
    **CI_NAMES,
    "hksj-adhoc": "Hartung-Knapp (never narrower than Wald)",
    "auto": "Hartung-Knapp (where k > 2 and τ² > 0, else Wald)",
}

PI = {
    "t(k-1)": "t distribution with k − 1 degrees of freedom",
    "t(k-2)": "t distribution with k − 2 degrees of freedom",
    "normal": "normal distribution",
    "t(Satterthwaite)": "t distribution with Satterthwaite's degrees of freedom",
}

ZERO = {
    "only0": "every cell of a study that has a zero cell",
    "all": "every cell of every study",
    "if0all": "every cell of every study if one has a zero cell",
    "none": "no cell",
}

CITED: dict[str, tuple[str, ...]] = {
    "MHOR": ("Mantel 1959", "Robins 1986"),
    "MHRR": ("Mantel 1959", "Greenland 1985"),
    "MHRD": ("Mantel 1959", "Sato 1989"),
    "DL": ("DerSimonian 1986",),
    "REML": ("Viechtbauer 2005",),
    "ML": ("Viechtbauer 2005",),
    "PM": ("Paule 1982",),
    "EB": ("Paule 1982",),
    "SJ": ("Sidik 2005",),
    "HE": ("Viechtbauer 2005",),
    "HS": ("Viechtbauer 2005",),
    "DL2": ("DerSimonian 2007",),
    "CA2": ("DerSimonian 2007",),
    "hksj": ("Hartung 2001", "Sidik 2002"),
    "hksj-adhoc": ("Hartung 2001", "Knapp 2003", "Röver 2015"),
    "auto": ("Hartung 2001", "Knapp 2003", "Röver 2015"),
    "prediction": ("Higgins 2009",),
    "CHE": ("Pustejovsky 2022",),
    "three-level": ("Konstantopoulos 2011",),
    "CR2": ("Pustejovsky 2018",),
}

REFERENCES = {
    "Mantel 1959": "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective studies of "
    "disease. J Natl Cancer Inst 1959;22:719-48.",
    "Robins 1986": "Robins J, Breslow N, Greenland S. Estimators of the Mantel-Haenszel variance consistent in both "
    "sparse data and large-strata limiting models. Biometrics 1986;42:311-23.",
    "Greenland 1985": "Greenland S, Robins JM. Estimation of a common effect parameter from sparse follow-up data. "
    "Biometrics 1985;41:55-68.",
    "Sato 1989": "Sato T, Greenland S, Robins JM. On the variance estimator for the Mantel-Haenszel risk difference. "
    "Biometrics 1989;45:1323-4.",
    "DerSimonian 1986": "DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials 1986;7:177-88.",
    "DerSimonian 2007": "DerSimonian R, Kacker R. Random-effects model for meta-analysis of clinical trials: "
    "an update. Contemp Clin Trials 2007;28:105-14.",
    "Paule 1982": "Paule RC, Mandel J. Consensus values and weighting factors. J Res Natl Bur Stand 1982;87:377-85.",
    "Sidik 2005": "Sidik K, Jonkman JN. Simple heterogeneity variance estimation for meta-analysis. "
    "J R Stat Soc C 2005;54:367-84.",
    "Viechtbauer 2005": "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the random-effects "
    "model. J Educ Behav Stat 2005;30:261-93.",
    "Viechtbauer 2007": "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis. "
    "Stat Med 2007;26:37-52.",
    "Hartung 2001": "Hartung J, Knapp G. A refined method for the meta-analysis of controlled clinical trials with "
    "binary outcome. Stat Med 2001;20:3875-89.",
    "Sidik 2002": "Sidik K, Jonkman JN. A simple confidence interval for meta-analysis. Stat Med 2002;21:3153-9.",
    "Knapp 2003": "Knapp G, Hartung J. Improved tests for a random effects meta-regression with a single covariate. "
    "Stat Med 2003;22:2693-710.",
    "Röver 2015": "Röver C, Knapp G, Friede T. Hartung-Knapp-Sidik-Jonkman approach and its modification for "
    "random-effects meta-analysis with few studies. BMC Med Res Methodol 2015;15:99.",
    "Röver 2020": "Röver C. Bayesian random-effects meta-analysis using the bayesmeta R package. "
    "J Stat Softw 2020;93(6):1-51.",
    "Box 1980": "Box GEP. Sampling and Bayes' inference in scientific modelling and robustness. "
    "J R Stat Soc A 1980;143:383-430.",
    "Pustejovsky 2022": "Pustejovsky JE, Tipton E. Meta-analysis with robust variance estimation: expanding the range "
    "of working models. Prev Sci 2022;23:425-38.",
    "Pustejovsky 2018": "Pustejovsky JE, Tipton E. Small-sample methods for cluster-robust variance estimation and "
    "hypothesis testing in fixed effects models. J Bus Econ Stat 2018;36:672-83.",
    "Konstantopoulos 2011": "Konstantopoulos S. Fixed effects and variance components estimation in three-level "
    "meta-analysis. Res Synth Methods 2011;2:61-76.",
    "Higgins 2002": "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Stat Med 2002;21:1539-58.",
    "Higgins 2009": "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects meta-analysis. "
    "J R Stat Soc A 2009;172:137-59.",
}
