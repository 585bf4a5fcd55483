"""Mantel-Haenszel odds ratios of each design, with what they share (Greenland 1989), joined as a network.

Two stages of Efthimiou et al. 2019: the studies of a design are pooled, then designs are a network of common effects.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ...measures.effects import FloatArray
from ..contrasts import Contrasts, coded
from .tables import ArmDesign, Excluded


def design_contrasts(designs: list[ArmDesign], excluded: Excluded) -> Contrasts:
    """Return the contrasts of all designs; each counts as one study in the network."""
    s, a, b, yi, vi, counts = [], [], [], [], [], []
    for design in designs:
        effects, covariance = generalised_odds_ratios(design.events, design.others)
        for i, j in combinations(range(len(design.treatments)), 2):
            s.append(":".join(design.treatments))
            a.append(design.treatments[i])
            b.append(design.treatments[j])
            yi.append(effects[i] - effects[j])
            vi.append(covariance[i, i] + covariance[j, j] - 2.0 * covariance[i, j])
            counts.append(len(design.studies))
    return coded(s, a, b, np.array(yi), np.array(vi), excluded, np.array(counts, dtype=float))


def generalised_odds_ratios(events: FloatArray, others: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log odds of p arms around their mean, and their covariance, from tables of shape (k, p).

    The log odds ratios of all pairs are averaged over the third arms, so that they add up; for two arms they are those
    of Mantel and Haenszel with the variance of Robins, Breslow & Greenland 1986.
    """
    p = events.shape[1]
    total = (events + others).sum(axis=1)
    products = np.einsum("si,sj,s->ij", events, others, 1.0 / total)
    log_odds = np.log(products / products.T).mean(axis=1)
    covariance = np.zeros((p, p))
    for i, j in combinations(range(p), 2):
        one = _variance(events[:, [i, j]], others[:, [i, j]], total)
        covariance += one * np.outer(_unit(p, i, j), _unit(p, i, j))
    for h in range(p):
        for i, j in combinations([arm for arm in range(p) if arm != h], 2):
            shared = _shared(events[:, [h, i, j]], others[:, [h, i, j]], total, products[np.ix_([h, i, j], [h, i, j])])
            both = np.outer(_unit(p, h, i), _unit(p, h, j))
            covariance += shared * (both + both.T)
    return log_odds, covariance / p**2


def _unit(p: int, i: int, j: int) -> FloatArray:
    """Return what one log odds ratio adds to the sums of all: 1 for the first arm, -1 for the second."""
    out = np.zeros(p)
    out[i], out[j] = 1.0, -1.0
    return out


def _variance(a: FloatArray, b: FloatArray, total: FloatArray) -> float:
    """Return the variance of a log odds ratio (Robins, Breslow & Greenland 1986)."""
    r, s = a[:, 0] * b[:, 1] / total, a[:, 1] * b[:, 0] / total
    p, q = (a[:, 0] + b[:, 1]) / total, (a[:, 1] + b[:, 0]) / total
    up, down = float(r.sum()), float(s.sum())
    return float(p @ r) / (2 * up**2) + float(p @ s + q @ r) / (2 * up * down) + float(q @ s) / (2 * down**2)


def _shared(a: FloatArray, b: FloatArray, total: FloatArray, c: FloatArray) -> float:
    """Return the covariance of the log odds ratios of arms 0 and 1 and of arms 0 and 2 (Greenland 1989).

    Of binomial arms it is the sum of n0 n1 n2 p0 q1 q2 / (q0 N^2) over the products of the pairs; with the common odds
    ratios this has six estimates without bias in sparse and in large tables, which are weighted alike.
    """
    by = 1.0 / (total * total)
    terms = (
        (a[:, 0] * b[:, 1] * b[:, 2], c[0, 1] * c[0, 2]), (a[:, 0] * a[:, 1] * b[:, 2], c[1, 0] * c[0, 2]),
        (a[:, 0] * a[:, 2] * b[:, 1], c[0, 1] * c[2, 0]), (b[:, 0] * a[:, 1] * a[:, 2], c[1, 0] * c[2, 0]),
        (b[:, 0] * b[:, 1] * a[:, 2], c[0, 1] * c[2, 0]), (b[:, 0] * b[:, 2] * a[:, 1], c[0, 2] * c[1, 0]),
    )  # fmt: skip
    return float(sum(by @ cells / scale for cells, scale in terms)) / 3.0
