"""metaan: living evidence synthesis.

The map: `stats` holds the numbers, `registry` the studies, `sources` the outside world, `synthesis` puts a study into
an array, `report` draws. Public names are imported when they are first used, so that ``import metaan`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .version import __version__ as __version__

if TYPE_CHECKING:
    from . import batch as batch
    from .comparison.difference import Difference as Difference
    from .comparison.difference import compare as compare
    from .records.same.deduplicate import Deduplication as Deduplication
    from .records.same.deduplicate import deduplicate as deduplicate
    from .registry.load import Review as Review
    from .registry.load import load as load
    from .resources import example as example
    from .sources.files.read import read_records as read_records
    from .sources.revman.revman import read_revman as read_revman
    from .sources.revman.rows import RevMan as RevMan
    from .stats.bayes.bayes import bayes as bayes
    from .stats.bayes.checks import predictive_checks as predictive_checks
    from .stats.bayes.priors import TauPrior as TauPrior
    from .stats.bayes.result import Bayes as Bayes
    from .stats.bayes.sensitivity import PriorSensitivity as PriorSensitivity
    from .stats.bayes.sensitivity import prior_sensitivity as prior_sensitivity
    from .stats.dependent.blocks import BlockCovariance as BlockCovariance
    from .stats.dependent.covariance import aggregate as aggregate
    from .stats.dependent.covariance import sampling_covariance as sampling_covariance
    from .stats.dependent.location_scale import LocationScale as LocationScale
    from .stats.dependent.location_scale import location_scale as location_scale
    from .stats.dependent.multilevel import multilevel as multilevel
    from .stats.dependent.multivariate import multivariate as multivariate
    from .stats.dependent.result import Multilevel as Multilevel
    from .stats.dependent.robust import Robust as Robust
    from .stats.dependent.robust import robust as robust
    from .stats.dependent.rve import RobustVariance as RobustVariance
    from .stats.dependent.rve import rve as rve
    from .stats.glmm.betabinomial import BetaBinomial as BetaBinomial
    from .stats.glmm.betabinomial import beta_binomial as beta_binomial
    from .stats.glmm.glmm import Glmm as Glmm
    from .stats.glmm.glmm import glmm as glmm
    from .stats.measures.catalogue import effect_sizes as effect_sizes
    from .stats.measures.effects import EffectSizes as EffectSizes
    from .stats.measures.effects import Interval as Interval
    from .stats.measures.proportions import ProportionIntervals as ProportionIntervals
    from .stats.measures.proportions import proportion_ci as proportion_ci
    from .stats.network.components import ComponentNetwork as ComponentNetwork
    from .stats.network.components import component_network as component_network
    from .stats.network.covariate import NetworkRegression as NetworkRegression
    from .stats.network.covariate import network_regression as network_regression
    from .stats.network.network import network as network
    from .stats.network.pairwise import ArmPairs as ArmPairs
    from .stats.network.pairwise import pairwise as pairwise
    from .stats.network.result import Network as Network
    from .stats.pooling.pool import pool as pool
    from .stats.pooling.result import Pooled as Pooled
    from .stats.printed.arms import combine_groups as combine_groups
    from .stats.printed.arms import counts_from_percent as counts_from_percent
    from .stats.printed.arms import split_shared_group as split_shared_group
    from .stats.printed.arms import table_from_margins as table_from_margins
    from .stats.printed.conversions import Converted as Converted
    from .stats.printed.conversions import se_from_ci as se_from_ci
    from .stats.printed.conversions import se_from_p as se_from_p
    from .stats.printed.deviations import sd_from_ci as sd_from_ci
    from .stats.printed.deviations import sd_from_difference as sd_from_difference
    from .stats.printed.deviations import sd_from_se as sd_from_se
    from .stats.printed.plausibility import plausibility as plausibility
    from .stats.printed.quantiles import mean_sd_from_quantiles as mean_sd_from_quantiles
    from .stats.printed.reported import effects_from_reported as effects_from_reported
    from .stats.printed.rescaling import odds_ratio_from_smd as odds_ratio_from_smd
    from .stats.printed.rescaling import smd_from_odds_ratio as smd_from_odds_ratio
    from .stats.regression.fit_regression import meta_regression as meta_regression
    from .stats.regression.residuals import blup as blup
    from .stats.regression.residuals import residuals as residuals
    from .stats.regression.result import MetaRegression as MetaRegression
    from .stats.regression.subgroups import Subgroups as Subgroups
    from .stats.regression.subgroups import between_groups as between_groups
    from .stats.regression.subgroups import subgroups as subgroups
    from .stats.regression.tests import likelihood_ratio_test as likelihood_ratio_test
    from .stats.regression.tests import permutation_test as permutation_test
    from .stats.robustness.explain import explain as explain
    from .stats.robustness.gosh import gosh as gosh
    from .stats.robustness.gosh_result import Gosh as Gosh
    from .stats.robustness.influence import Baujat as Baujat
    from .stats.robustness.influence import Influence as Influence
    from .stats.robustness.influence import baujat as baujat
    from .stats.robustness.influence import influence as influence
    from .stats.robustness.method_spread import MethodSpread as MethodSpread
    from .stats.robustness.method_spread import method_spread as method_spread
    from .stats.robustness.multiverse import multiverse as multiverse
    from .stats.robustness.sequence import cumulative as cumulative
    from .stats.robustness.sequence import leave_one_out as leave_one_out
    from .stats.robustness.sequence_result import Refits as Refits
    from .stats.selection.copas import Copas as Copas
    from .stats.selection.copas import copas as copas
    from .stats.selection.henmi_copas import HenmiCopas as HenmiCopas
    from .stats.selection.henmi_copas import henmi_copas as henmi_copas
    from .stats.selection.limit_meta import LimitMeta as LimitMeta
    from .stats.selection.limit_meta import limit_meta as limit_meta
    from .stats.selection.p_uniform import PUniform as PUniform
    from .stats.selection.p_uniform import p_uniform as p_uniform
    from .stats.selection.result import SelectionModel as SelectionModel
    from .stats.selection.selection_model import selection_model as selection_model
    from .stats.selection.waap import Waap as Waap
    from .stats.selection.waap import waap as waap
    from .stats.small_studies.excess import ExcessSignificance as ExcessSignificance
    from .stats.small_studies.excess import excess_significance as excess_significance
    from .stats.small_studies.failsafe import FailSafeN as FailSafeN
    from .stats.small_studies.failsafe import fail_safe_n as fail_safe_n
    from .stats.small_studies.lfk import LfkIndex as LfkIndex
    from .stats.small_studies.lfk import lfk_index as lfk_index
    from .stats.small_studies.pet import PetPeese as PetPeese
    from .stats.small_studies.pet import pet_peese as pet_peese
    from .stats.small_studies.tests_of_asymmetry import SmallStudyTest as SmallStudyTest
    from .stats.small_studies.tests_of_asymmetry import small_study_test as small_study_test
    from .stats.small_studies.trimfill import TrimAndFill as TrimAndFill
    from .stats.small_studies.trimfill import trim_and_fill as trim_and_fill
    from .stats.tables.peto import peto as peto
    from .stats.tables.stratified import MantelHaenszel as MantelHaenszel
    from .stats.tables.stratified import mantel_haenszel as mantel_haenszel
    from .synthesis.analyse import Choices as Choices
    from .synthesis.analyse import analyse as analyse
    from .synthesis.recompute import reported_checks as reported_checks
    from .workflows.publish.arrays import report as report
    from .workflows.publish.forest import forest_plot as forest_plot
    from .workflows.publish.notebook import NotebookPlot as NotebookPlot
    from .workflows.publish.notebook import plot as plot
    from .workflows.publish.report import write_report as write_report
    from .workflows.versions.diff import compare_revisions as compare_revisions

_WHERE = {
    "Baujat": "stats.robustness.influence",
    "Bayes": "stats.bayes.result",
    "BetaBinomial": "stats.glmm.betabinomial",
    "BlockCovariance": "stats.dependent.blocks",
    "Choices": "synthesis.analyse",
    "ComponentNetwork": "stats.network.components",
    "Converted": "stats.printed.conversions",
    "Copas": "stats.selection.copas",
    "Deduplication": "records.same.deduplicate",
    "Difference": "comparison.difference",
    "EffectSizes": "stats.measures.effects",
    "ExcessSignificance": "stats.small_studies.excess",
    "FailSafeN": "stats.small_studies.failsafe",
    "Glmm": "stats.glmm.glmm",
    "Gosh": "stats.robustness.gosh_result",
    "HenmiCopas": "stats.selection.henmi_copas",
    "Influence": "stats.robustness.influence",
    "Interval": "stats.measures.effects",
    "LfkIndex": "stats.small_studies.lfk",
    "LimitMeta": "stats.selection.limit_meta",
    "LocationScale": "stats.dependent.location_scale",
    "MantelHaenszel": "stats.tables.stratified",
    "MetaRegression": "stats.regression.result",
    "MethodSpread": "stats.robustness.method_spread",
    "Multilevel": "stats.dependent.result",
    "Network": "stats.network.result",
    "NetworkRegression": "stats.network.covariate",
    "NotebookPlot": "workflows.publish.notebook",
    "PUniform": "stats.selection.p_uniform",
    "Pairs": "stats.network.pairwise",
    "PetPeese": "stats.small_studies.pet",
    "Pooled": "stats.pooling.result",
    "PriorSensitivity": "stats.bayes.sensitivity",
    "ProportionIntervals": "stats.measures.proportions",
    "Refits": "stats.robustness.sequence_result",
    "RevMan": "sources.revman.rows",
    "Review": "registry.load",
    "Robust": "stats.dependent.robust",
    "RobustVariance": "stats.dependent.rve",
    "SelectionModel": "stats.selection.result",
    "SmallStudyTest": "stats.small_studies.tests_of_asymmetry",
    "Subgroups": "stats.regression.subgroups",
    "TauPrior": "stats.bayes.priors",
    "TrimAndFill": "stats.small_studies.trimfill",
    "Waap": "stats.selection.waap",
    "aggregate": "stats.dependent.covariance",
    "analyse": "synthesis.analyse",
    "baujat": "stats.robustness.influence",
    "bayes": "stats.bayes.bayes",
    "beta_binomial": "stats.glmm.betabinomial",
    "between_groups": "stats.regression.subgroups",
    "blup": "stats.regression.residuals",
    "combine_groups": "stats.printed.arms",
    "compare": "comparison.difference",
    "compare_revisions": "workflows.versions.diff",
    "component_network": "stats.network.components",
    "copas": "stats.selection.copas",
    "counts_from_percent": "stats.printed.arms",
    "cumulative": "stats.robustness.sequence",
    "deduplicate": "records.same.deduplicate",
    "effect_sizes": "stats.measures.catalogue",
    "effects_from_reported": "stats.printed.reported",
    "example": "resources",
    "excess_significance": "stats.small_studies.excess",
    "explain": "stats.robustness.explain",
    "fail_safe_n": "stats.small_studies.failsafe",
    "forest_plot": "workflows.publish.forest",
    "glmm": "stats.glmm.glmm",
    "gosh": "stats.robustness.gosh",
    "henmi_copas": "stats.selection.henmi_copas",
    "influence": "stats.robustness.influence",
    "leave_one_out": "stats.robustness.sequence",
    "lfk_index": "stats.small_studies.lfk",
    "likelihood_ratio_test": "stats.regression.tests",
    "limit_meta": "stats.selection.limit_meta",
    "load": "registry.load",
    "location_scale": "stats.dependent.location_scale",
    "mantel_haenszel": "stats.tables.stratified",
    "mean_sd_from_quantiles": "stats.printed.quantiles",
    "meta_regression": "stats.regression.fit_regression",
    "method_spread": "stats.robustness.method_spread",
    "multilevel": "stats.dependent.multilevel",
    "multivariate": "stats.dependent.multivariate",
    "multiverse": "stats.robustness.multiverse",
    "network": "stats.network.network",
    "network_regression": "stats.network.covariate",
    "odds_ratio_from_smd": "stats.printed.rescaling",
    "p_uniform": "stats.selection.p_uniform",
    "pairwise": "stats.network.pairwise",
    "permutation_test": "stats.regression.tests",
    "pet_peese": "stats.small_studies.pet",
    "peto": "stats.tables.peto",
    "plausibility": "stats.printed.plausibility",
    "plot": "workflows.publish.notebook",
    "pool": "stats.pooling.pool",
    "predictive_checks": "stats.bayes.checks",
    "prior_sensitivity": "stats.bayes.sensitivity",
    "proportion_ci": "stats.measures.proportions",
    "read_records": "sources.files.read",
    "read_revman": "sources.revman.revman",
    "report": "workflows.publish.arrays",
    "reported_checks": "synthesis.recompute",
    "residuals": "stats.regression.residuals",
    "robust": "stats.dependent.robust",
    "rve": "stats.dependent.rve",
    "sampling_covariance": "stats.dependent.covariance",
    "sd_from_ci": "stats.printed.deviations",
    "sd_from_difference": "stats.printed.deviations",
    "sd_from_se": "stats.printed.deviations",
    "se_from_ci": "stats.printed.conversions",
    "se_from_p": "stats.printed.conversions",
    "selection_model": "stats.selection.selection_model",
    "small_study_test": "stats.small_studies.tests_of_asymmetry",
    "smd_from_odds_ratio": "stats.printed.rescaling",
    "split_shared_group": "stats.printed.arms",
    "subgroups": "stats.regression.subgroups",
    "table_from_margins": "stats.printed.arms",
    "trim_and_fill": "stats.small_studies.trimfill",
    "waap": "stats.selection.waap",
    "write_report": "workflows.publish.report",
}

#: Folders that are an interface of their own.
_FOLDERS = ("batch",)

__all__ = ["__version__", *_FOLDERS, *_WHERE]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _FOLDERS:
        return import_module(f".{name}", __name__)
    if name not in _WHERE:
        raise AttributeError(f"module 'metaan' has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
