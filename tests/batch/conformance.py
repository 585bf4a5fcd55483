"""One truth: what a row of a batch has to hold, asked of the scalar functions."""

import math

import numpy as np

import metaan as ma
from metaan.errors import MetaanError

#: Estimators of tau2 that search; all else is a closed form.
ITERATED = {"ML", "REML", "EB", "PM", "DLIT", "SJIT", "PMM"}
NUMBERS = ("estimate", "se", "pval", "tau2", "i2", "q", "k")


def scalar(method, measure, columns, options, pi="t(k-1)", level=0.95):
    """Return the fit of one analysis by one method, or the error that it raises."""
    try:
        if method.model == "MH":
            return ma.mantel_haenszel(measure, level=level, **columns)
        if method.model == "Peto":
            return ma.peto(level=level, **columns)
        es = ma.effect_sizes(measure, **options, **columns)
        tau2 = method.tau2_method or "DL"
        return ma.pool(es, method.model, tau2, method.ci_method, pi_method=pi, level=level)
    except MetaanError as error:
        return error


def expected(fit):
    """Return the numbers of a fit under the names of a batch; nan where there is none."""
    found = {name: getattr(fit, name) for name in NUMBERS} | {"left_out": len(fit.excluded)}
    for name in ("ci", "pi"):
        ends = getattr(fit, name)
        found[f"{name}_lb"], found[f"{name}_ub"] = (None, None) if ends is None else ends
    return {name: math.nan if value is None else float(value) for name, value in found.items()}


def differences(batch, measure, columns, at, options=(), pi="t(k-1)", level=0.95):
    """Yield what differs between a batch and the scalar functions: (analysis, method, what, batch, scalar)."""
    got = {name: batch[name] for name in batch.columns}
    methods = batch.plan.methods
    for i in range(len(at) - 1):
        own = {name: np.asarray(values)[at[i] : at[i + 1]] for name, values in columns.items()}
        for j, method in enumerate(methods):
            row = {name: values[i * len(methods) + j] for name, values in got.items()}
            fit = scalar(method, measure, own, dict(options), pi, level)
            yield from ((i, method, *one) for one in _row(row, method, fit))


def _row(row, method, fit):
    if isinstance(fit, Exception):
        if row["reason"] is None or not str(fit).startswith(row["reason"]) or not math.isnan(row["estimate"]):
            yield "reason", row["reason"], str(fit)
        return
    near = 1e-9 if method.tau2_method in ITERATED else 1e-12
    for name, value in expected(fit).items():
        # Of a difference of large numbers (an end of an interval near 0) their size counts, not its own.
        size = max(abs(value), abs(fit.estimate) if name[:2] in ("ci", "pi") else 0.0, 1e-3 if name == "i2" else 0.0)
        if math.isnan(value) != math.isnan(row[name]) or abs(value - row[name]) > near * size:
            yield name, row[name], value
    for name, said in (("notes", "; ".join(fit.notes) or None), ("pi_reason", fit.pi_reason)):
        if row[name] != said:
            yield name, row[name], said
    if (row["reason"] is None) != (fit.ci is not None):
        yield "reason", row["reason"], fit.notes
    if fit.ci is not None and not math.isnan(row["conclusion"]) and row["conclusion"] != fit.side:
        yield "conclusion", row["conclusion"], fit.side
