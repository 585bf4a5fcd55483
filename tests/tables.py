"""Every table of methods in metaan.stats, found by looking, so that no new one is forgotten.

A table of methods is a dict in capitals at the top of a module. What is a dict in capitals and no choice of a user is
named in `NO_CHOICE`, with what it is.
"""

import ast
from importlib import import_module
from pathlib import Path

STATS = Path(__file__).parent.parent / "metaan" / "stats"

NO_CHOICE = {
    "measures.correlations.CORRELATIONS": "a part of MEASURES",
    "bayes.priors.UNIT_INFORMATION": "constants of measures",
    "dependent.pooled.PI_NAMES": "names of prediction intervals",
    "robustness.explain.MEASURES_EXPLAINED": "a selection of MEASURES",
    "measures.generic.GENERICS": "a part of MEASURES",
    "measures.catalogue.ONE_ARM": "a selection of MEASURES",
    "glmm.glmm.POINTS": "a default for each of GLMM_MEASURES",
    "glmm.models.EMPTY": "words of error messages",
    "pooling.likelihood.LIKELIHOODS": "a selection of TAU2_METHODS",
    "measures.matched.MATCHED": "a part of MEASURES",
    "measures.means.MEAN_MEASURES": "a part of MEASURES",
    "robustness.multiverse.CONCLUSIONS": "words of a result",
    "measures.paired.PAIRED": "a part of MEASURES",
    "network.rare.hypergeometric.CONDITIONAL_LAWS": "a part of NETWORK_METHODS",
    "network.fit.NETWORK_TAU2_METHODS": "a selection of REGRESSION_TAU2_METHODS",
    "network.pairwise.ARM_KINDS": "measures by the columns of arms",
    "printed.plausibility.SDS": "names of columns",
    "robustness.presets.LEAVES_OUT": "rules of PRESETS",
    "pooling.pool.PLAIN_ONLY": "which estimators of tau2 an interval needs",
    "pooling.prediction.NO_SPREAD": "why a model has no prediction",
    "robustness.presets.RULE_WORDS": "words of a result",
    "robustness.programs.CI_GUARDS": "rules of PRESETS",
    "robustness.programs.DEGREES_OF_FREEDOM": "rules of PRESETS",
    "measures.proportions.PROPORTIONS": "a part of MEASURES",
    "measures.rates.RATES": "a part of MEASURES",
    "measures.reliability.RELIABILITY": "a part of MEASURES",
    "numerics.layouts.LAYOUTS": "columns by kind of data, for the table of kinds",
    "selection.selection_model.MODEL_ALIASES": "other names of SELECTION_MODELS",
    "selection.functions.SELECTION_ALIASES": "other names of SELECTION_FUNCTIONS",
    "measures.single_means.SINGLE_MEANS": "a part of MEASURES",
    "measures.catalogue.TWO_ARMS": "a selection of MEASURES",
    "measures.two_by_two.TWO_BY_TWO": "a part of MEASURES",
}


def tables() -> dict[str, dict]:
    """Return module.NAME to dict."""
    return {f"{module}.{name}": getattr(import_module(f"metaan.stats.{module}"), name) for module, name in _names()}


def _names() -> list[tuple[str, str]]:
    found = [
        (".".join(path.relative_to(STATS).with_suffix("").parts), target.id)
        for path in sorted(STATS.rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        for target in _targets(node)
        if target.id.isupper() and not target.id.startswith("_") and isinstance(node.value, ast.Dict | ast.DictComp)
    ]
    return [pair for pair in found if ".".join(pair) not in NO_CHOICE]


def _targets(node: ast.stmt) -> list[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target for target in targets if isinstance(target, ast.Name)]
