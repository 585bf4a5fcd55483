"""How the order of relevance does, in words, and the sentence about stopping for the methods of a review."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...registry.store.decisions import STAGES
from ...stats.numerics.numerals import p_text
from ...workflows.screen.ranking import FOLDS

if TYPE_CHECKING:
    from ...stats.evidence.recall import StoppingTest
    from ...workflows.screen.relevance import SoFar


def as_lines(found: SoFar) -> Iterator[str]:
    """Yield how far reading is, the recall in the order of relevance, the test, and the sentence for the methods."""
    yield f"{STAGES[found.stage]}: {found.read} of {found.total} read, {found.included} included"
    yield from _recall_lines(found)
    if found.test is None:
        yield f"no test of stopping: {found.reason}"
        return
    yield _verdict(found.test)
    yield "the test holds where candidates were read in the order of relevance, or in a random one"
    yield f"for the methods: {sentence(found.test)}"


def _recall_lines(found: SoFar) -> Iterator[str]:
    if found.order is None or found.saved is None:
        yield f"no recall in the order of relevance yet: {found.reason}"
        return
    counted = f"{len(found.order.labels)} decisions, {sum(found.order.labels)} included"
    yield f"recall by relevance, each decision ranked by earlier ones alone ({FOLDS} parts in time; {counted}):"
    yield "    read " + "".join(f"{100 * share:6.0f} %" for share, _ in found.curve)
    yield "   found " + "".join(f"{100 * recall:6.0f} %" for _, recall in found.curve)
    saved, ceiling = found.saved
    yield f"work saved over sampling at 95 % recall: {saved:.2f} (at most {ceiling:.2f})"


def _verdict(test: StoppingTest) -> str:
    share = f"{100 * test.target:g} % of what is relevant"
    bound = f"{1 - test.confidence:.2g}"
    if test.reached:
        return f"reading may end: that less than {share} was found is rejected ({p_text(test.p)}, below {bound})"
    return f"read on: that less than {share} was found cannot be rejected ({p_text(test.p)}, not below {bound})"


def sentence(test: StoppingTest) -> str:
    """Return what the methods of a review say of the order of reading and of its end.

    >>> from metaan.stats.evidence.recall import stopping_test
    >>> import textwrap
    >>> print(textwrap.fill(sentence(stopping_test([True] * 20 + [False] * 380, 420)), 110))
    Candidates were read in the order of their predicted relevance (words and pairs of words of title, abstract and
    keywords, weighted by TF-IDF; logistic regression, learned anew from the decisions as they were made); nothing was
    excluded by the prediction. 400 of 420 were read, and 20 included; the hypothesis that less than 95 % of the
    relevant ones had been found was rejected at 0.05 (p = 0.00238; hypergeometric test on the records read last,
    Callaghan and Müller-Hansen 2020, Syst Rev 9:273).
    """
    said = "was" if test.reached else "was not"
    return (
        "Candidates were read in the order of their predicted relevance (words and pairs of words of title, abstract "
        "and keywords, weighted by TF-IDF; logistic regression, learned anew from the decisions as they were made); "
        f"nothing was excluded by the prediction. {test.read} of {test.total} were read, and {test.included} included; "
        f"the hypothesis that less than {100 * test.target:g} % of the relevant ones had been found {said} rejected at "
        f"{1 - test.confidence:.2g} ({p_text(test.p)}; hypergeometric test on the records read last, Callaghan and "
        "Müller-Hansen 2020, Syst Rev 9:273)."
    )
