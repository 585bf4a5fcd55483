"""Every method of every table has a reference value with a source, or another proof that is named here."""

import ast
import json
from functools import cache
from pathlib import Path

import pytest

from metaan.stats.selection.functions import SELECTION_ALIASES
from tests.tables import tables

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"
FILES = sorted(GOLDEN.glob("*.json"))
TABLES = tables()

CI = {"z": "wald", "t": "t", "knha": "hksj", "adhoc": "hksj-adhoc"}
_TAU_PRIORS = {
    "halfnormal0.5": "half-normal",
    "halfcauchy0.5": "half-Cauchy",
    "uniform": "uniform",
    "jeffreys": "Jeffreys",
}
PI = {"default": "normal", "simple": "simple", "riley": "t(k-2)", "t": "t(k-1)"}


@cache
def cases(name):
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["cases"]


def args(option, *names, family=""):
    """The values of an option in the cases of some files."""
    found = [c["args"][option] for name in names for c in cases(name) if option in c["args"] and _is(c, family)]
    return {value for value in found if isinstance(value, str)}


def _is(case, family):
    return not family or family in case.get("family", case["id"])


def families(*names):
    return {c["family"] for name in names for c in cases(name)}


def inference_of(*names):
    found = [t for name in names for c in cases(name) for t in (c.get("expect") or {}).get("tests", ())]
    return {CI[t] for t in found} | {CI[t] for t in args("test", *names) & CI.keys()}


def _excess():
    return {c["args"].get("test") or c["expect"]["test"] for n in ("excess", "metafor_3_8") for c in cases(n)
            if c["family"] == "tes"}  # fmt: skip


def _glmm():
    return {c["args"]["measure"] for c in cases("glmm")}


def _transformations():
    names = {"exp_int_tau2_0.2": "mean-of-ratio", "ilogit_int_tau2_0.2": "mean-of-proportion",
             "ztor_int_tau2_0.2": "mean-of-correlation", "dtou1": "u1", "dtou2": "u2", "dtou3": "u3",
             "dtocles": "superiority", "dtobesd": "besd", "dtorpb": "point-biserial", "dtorbis": "biserial",
             "lnortord": "risk-difference", "lnortorr": "risk-ratio", "lnortod_logis": "smd-logistic",
             "lnortod_norm": "smd-normal"}  # fmt: skip
    return {names[key] for c in cases("conv") if (key := c["id"].rsplit("/", 1)[1]) in names}


def _bias_tests():
    meta = {name.lower() for name in args("method.bias", "bias")} - {"thompson"}
    return meta | {"thompson-sharp"} | {"egger-mixed" for c in cases("bias") if c["args"].get("model") == "rma"}


#: Table to the keys that the golden cases cover.
COVERED = {
    "measures.catalogue.MEASURES": lambda: args("measure", "escalc"),
    "measures.catalogue.TO": lambda: args("to", "escalc"),
    "pooling.tau2.TAU2_METHODS": lambda: args("method", "tau2", "pooling"),
    "pooling.intervals.CI_METHODS": lambda: (
        inference_of("tau2", "pooling") | (args("method.random.ci", "pooling") & {"KR"})
        | {"PL" for f in families("pooling") if f == "profile_mean"}
    ),
    "pooling.prediction.PI_METHODS": lambda: (
        args("method.predict", "pooling") | {"NNF" for f in families("pooling") if f == "bootstrap"}
        | {PI[p] for c in cases("pooling") for p in c["args"].get("predtypes", ()) if p in PI}
        | {"t(k-1)" for c in cases("pooling") if c["family"] == "prediction_interval" and c["args"]["test"] == "knha"}
    ),
    "pooling.tau2_ci.TAU2_CI_METHODS": lambda: (
        args("type", "tau2") | {c["id"].rsplit("_", 1)[-1] for c in cases("tau2") if c["args"].get("type") == "GENQ"}
    ),
    "pooling.models.MODELS": lambda: (
        {"common" if m == "EE" else "random" for m in args("method", "tau2")}
        | {"birge" for f in families("pooling") if f == "birge"}
        | {m.lower() for m in args("method.common.ci", "pooling")}
    ),
    "tables.mantel_haenszel.MH_MEASURES": lambda: args("measure", "mh", family="rma_mh"),
    "glmm.models.GLMM_MEASURES": _glmm,
    "small_studies.catalogue.SMALL_STUDY_TESTS": _bias_tests,
    "small_studies.catalogue.PREDICTORS": lambda: args("predictor", "bias"),
    "small_studies.lines.LINE_CI_METHODS": lambda: (
        {CI[t] for t in args("test", "bias") | args("test", "metafor_3_8", family="regtest")}
    ),
    "small_studies.trimfill.K0_ESTIMATORS": lambda: args("estimator", "trimfill"),
    "small_studies.failsafe.FAILSAFE_METHODS": lambda: args("type", "failsafe"),
    "small_studies.excess.EXCESS_TESTS": _excess,
    "robustness.gosh.GOSH_TAU2_METHODS": lambda: (
        args("method", "gosh") | args("method", "metafor_3_8", family="gosh")
    ) - {"EE"},
    "regression.fit_regression.MODELS": lambda: {
        "common" if m == "EE" else "random" for m in args("method", "regression")
    },
    "regression.tau2.REGRESSION_TAU2_METHODS": lambda: args("method", "regression") - {"EE"},
    "regression.ci.REGRESSION_CI_METHODS": lambda: inference_of("regression"),
    "regression.inference.REGRESSION_TAU2_CI_METHODS": lambda: (
        args("type", "regression_inference") | {"PL" for f in families("metafor_3_8") if f == "regression_tau2_ci"}
    ),
    "regression.inference.REGRESSION_PI_METHODS": lambda: args("pi_method", "metafor_3_8"),
    "robustness.sequence.REFITS": lambda: (
        {"IV" for f in families("leave_one_out") if f == "leave1out"}
        | {"MH" for f in families("leave_one_out") if f == "mh_leave1out"}
        | {"Peto" for c in cases("metafor_3_8") if c["id"].endswith("leave1out/Peto")}
    ),
    "dependent.multilevel.MULTILEVEL_METHODS": lambda: args("method", "dependent", family="rma_mv"),
    "dependent.multilevel.MULTILEVEL_CI_METHODS": lambda: (
        {{"z": "wald", "t": "t"}[t] for t in args("test", "dependent", family="rma_mv")}
        | {"t(k-p)" for dfs in args("dfs", "dependent") & {"residual"}}
    ),
    "dependent.multilevel.MULTILEVEL_PI_METHODS": lambda: (
        {"as ci" for c in cases("dependent") if "pi.lb" in c["expect"]}
        | {"t(k-1)" for f in families("dependent") if f == "metagen_three_level"}
    ),
    "dependent.rve.RVE_WEIGHTS": lambda: args("modelweights", "dependent"),
    "dependent.location_scale.LINKS": lambda: args("link", "dependent"),
    "dependent.location_scale.LOCATION_SCALE_CI_METHODS": lambda: {
        {"z": "wald", "t": "t", "knha": "hksj"}[c["args"].get("test", "z")]
        for c in cases("dependent") if c["family"] == "rma_ls"
    },
    "dependent.structures.STRUCTURES": lambda: args("struct", "dependent", family="rma_mv_struct"),
    "dependent.covariance.AGGREGATE_STRUCTURES": lambda: args("struct", "dependent", family="aggregate"),
    "dependent.pooled.DEPENDENT": lambda: {
        "CHE" if "V" in c["args"] else "three-level" for c in cases("dependent") if c["family"] == "rma_mv"
    },
    "dependent.sandwich.CORRECTIONS": lambda: args("vcov", "dependent"),
    "dependent.robust.ROBUST_TESTS": lambda: args("test", "dependent", family="coef_test"),
    "dependent.robust.ROBUST_WALD_TESTS": lambda: {
        t.replace("Naive", "naive") for t in args("test", "dependent", family="Wald_test")
    },
    "network.fit.NETWORK_MODELS": lambda: {
        key.split(".")[1] for c in cases("network") if c["family"] == "netmeta" for key in c["expect"] if "TE." in key
    },
    "network.split.SPLIT_METHODS": lambda: args("method", "network", family="netmeta_split"),
    "network.contributions.CONTRIBUTION_METHODS": lambda: {
        c["id"].rsplit("/", 1)[-1] for c in cases("network") if c["family"] == "netmeta_contrib"
    },
    "network.rare.methods.NETWORK_METHODS": lambda: (
        args("method", "network", family="netmetabin") | {"IV" for f in families("network") if f == "netmeta"}
    ),
    "network.ranking.SMALL_VALUES": lambda: {
        key.split("_")[0] for c in cases("network") if c["family"] == "netmeta_rank" for key in c["expect"]
    } - {"trts"},
    "bayes.priors.TAU_PRIORS": lambda: {_TAU_PRIORS[p] for p in args("tau.prior", "bayesmeta")},
    "bayes.distributions.INTERVALS": lambda: {
        "shortest" for c in cases("bayesmeta") if "shortest" in c["note"]
    },
    "selection.functions.SELECTION_FUNCTIONS": lambda: {SELECTION_ALIASES.get(t, t) for t in args("type", "selection")},
    "selection.selection_model.ALTERNATIVES": lambda: args("alternative", "selection"),
    "selection.selection_model.SELECTION_MODELS": lambda: {
        "common" if m == "EE" else "random" for m in args("method", "selection")
    },
    "selection.limit_meta.LIMIT_METHODS": lambda: args("method.adjust", "selection"),
    "selection.p_uniform.SIDES": lambda: args("side", "selection"),
    "measures.proportions.PROPORTION_CI_METHODS": lambda: args("method.ci", "selection"),
    "selection.selection_model.PRECISIONS": lambda: args("prec", "selection"),
    "printed.quantiles.QUANTILE_METHODS": lambda: args("method", "conv", family="conv_fivenum"),
    "printed.transformations.TRANSFORMATIONS": _transformations,
    "robustness.presets.PRESETS": lambda: args("preset", "presets", "metafor_3_8"),
}  # fmt: skip

AUTO = "pooling/test_pool_properties.py::test_auto_is_the_floor_where_there_is_heterogeneity_and_more_than_two_studies"

#: What no program that we know of prints, or what only chooses among proven parts: table to the tests that prove it.
PROVED = {
    "bayes.priors.TAU_PRIORS": {
        "bayes/test_bayes.py::test_every_prior_against_a_grid_of_mean_and_tau": (
            "half-t", "half-logistic", "exponential", "Rayleigh", "Lomax", "log-normal", "log-normal-tau2",
            "log-t-tau2", "inverse-gamma", "inverse-gamma-tau2", "inverse-chi", "sqrt", "overallJeffreys",
            "BergerDeely", "conventional", "DuMouchel", "shrinkage", "I2",
        )
    },
    "bayes.checks.BAYES_CHECKS": {
        "bayes/test_checks.py::test_checks_against_draws": (
            "prior of tau", "prior of mu", "heterogeneity", "each study",
        )
    },
    "bayes.sensitivity.PRIOR_ALTERNATIVES": {
        "bayes/test_checks.py::test_other_priors_are_rows": (
            "half-normal, half the scale", "half-normal, twice the scale", "half-Cauchy, the same scale", "DuMouchel",
            "uniform", "Jeffreys", "flat mean",
        )
    },
    "bayes.distributions.INTERVALS": {
        "bayes/test_bayes.py::test_central_intervals_leave_as_much_on_either_side": ("central",)
    },
    "evidence.absolute.RISK_OF": {
        "evidence/test_absolute.py::test_a_relative_effect_at_an_assumed_risk": ("OR", "RR", "RD", "HR")
    },
    "pooling.intervals.CI_METHODS": {AUTO: ("auto",)},
    "pooling.prediction.PI_METHODS": {  # KR-PR by its older name
        "pooling/test_pool.py::test_every_entry_of_every_table_has_a_reference_value": ("HTS-KR",)
    },
    "regression.ci.REGRESSION_CI_METHODS": {"test_metafor_3_8.py::test_automatic_inference_of_a_regression": ("auto",)},
    "regression.design.REDUNDANT": {
        "regression/test_design.py::test_columns_that_hold_nothing_new_are_named_or_dropped": ("error", "drop")
    },
    "network.rare.methods.NETWORK_METHODS": {
        "network/rare/test_methods.py::test_the_exact_likelihood_of_two_treatments": ("NCH-exact",)
    },
    "network.covariate.INTERACTIONS": {
        "network/test_covariate.py::test_two_treatments_are_the_regression": ("shared", "independent"),
        "network/test_covariate.py::test_exchangeable_slopes_are_the_mixed_model": ("exchangeable",),
    },
    "network.contributions.CONTRIBUTION_METHODS": {
        "network/test_contributions.py::test_a_random_walk_is_the_mean_over_all_paths": ("randomwalk",)
    },
    "robustness.sequence.REFITS": {
        "robustness/test_leave_one_out.py::test_a_mixed_model_is_fitted_to_the_rest": ("GLMM",)
    },
    "robustness.sequence.ORDERS": {"robustness/test_cumulative.py::test_orders": ("precision", "effect")},
    "robustness.presets.PRESETS": {
        "robustness/test_explain.py::test_settings_for_a_journal_change_the_layout_only": ("JAMA",)
    },
    "printed.quantile_fits.CANDIDATES": {
        "printed/test_conversions.py::test_quantiles_of_a_distribution_give_its_moments_back": (
            "log-normal", "gamma", "Weibull", "beta",
        )
    },
    "printed.rescaling.SD_OF_LOG_ODDS": {
        "printed/test_conversions.py::test_odds_ratios_and_mean_differences_convert_both_ways": ("logistic", "normal")
    },
    "robustness.method_spread.SPREAD_METHODS": {
        "robustness/test_method_spread.py::test_one_zero_cell_has_as_many_answers_as_methods": (
            "MH", "MH+0.5", "IV+0.5", "Peto", "GLMM", "beta-binomial",
        )
    },
    "robustness.multiverse.ZERO_CELLS": {
        "robustness/test_multiverse.py::test_zero_cells_add_the_corrected_mantel_haenszel": ("none", "0.5")
    },
    "printed.plausibility.PLAUSIBILITY_CHECKS": {
        "printed/test_plausibility.py::test_every_check_has_what_it_alone_finds": (
            "standardized", "log-ratio", "natural-scale", "arms", "studies",
        )
    },
    "selection.functions.SELECTION_FUNCTIONS": {
        "selection/test_selection_model.py::test_truncation_is_a_step_where_all_studies_are_of_one_size": ("truncated",)
    },
    "measures.scales.SCALES": {
        "measures/test_scales.py::test_there_and_back_again": (
            "identity", "exp", "antilog", "tanh", "expit", "probit", "squared-sine", "square", "squared-tanh",
            "alpha-cube-root", "alpha-log",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_every_method_has_a_reference_value_or_a_proof(name):
    covered = COVERED.get(name, set)()
    proved = {key for keys in PROVED.get(name, {}).values() for key in keys}
    assert not (covered & proved), "a proof that a reference value has made superfluous"
    assert set(TABLES[name]) - covered - proved == set(), "no reference value and no proof"
    assert proved <= set(TABLES[name]), "a proof of what is no longer there"


def test_no_table_is_spoken_of_that_does_not_exist():
    assert COVERED.keys() | PROVED.keys() == TABLES.keys()


def test_every_structure_of_a_mixed_model_has_a_reference_value():
    found = {(c["args"]["measure"], c["args"].get("model", "UM.FS")) for c in cases("glmm")}
    assert found == {(m, s) for m, structures in TABLES["glmm.models.GLMM_MEASURES"].items() for s in structures}


def test_every_variance_of_a_stratified_risk_difference_has_a_reference_value():
    by_package = {
        c["source"]["package"] for c in cases("mh") if "RD" in (c["args"].get("measure"), c["args"].get("sm"))
    }
    assert by_package == {"metafor", "meta"}  # Sato's variance, and that of Greenland and Robins
    assert list(TABLES["tables.mantel_haenszel.MH_MEASURES"]["RD"].estimators) == ["Sato", "GR"]


@pytest.mark.parametrize("proof", sorted({p for proofs in PROVED.values() for p in proofs}))
def test_every_proof_exists(proof):
    path, test = proof.split("::")
    tree = ast.parse((TESTS / "stats" / path).read_text(encoding="utf-8"))
    assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_case_says_where_it_comes_from_and_is_used(path):
    found = cases(path.stem)
    assert len({c["id"] for c in found}) == len(found) > 0
    for case in found:
        source = case["source"]
        paper = {"paper", "page"} <= source.keys()
        assert paper or all(source[part] for part in ("package", "version", "call")), case["id"]
        assert "expect" in case or "error" in case, case["id"]
    users = [p for p in TESTS.rglob("test_*.py") if p.name != "test_golden.py" and path.name in p.read_text("utf-8")]
    assert users


def test_the_reference_values_stay_small_enough_to_read():
    assert sum(path.stat().st_size for path in FILES) < 1_800_000
