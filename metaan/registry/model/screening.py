"""How candidates are judged: the part of review.yaml that a single decision needs, and no more of it."""

from .types import Entry, Flag, Positive, Text


class Highlight(Entry):
    """Words that are marked while screening: those that speak for a candidate, and those that speak against it."""

    include: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()


class Screening(Entry):
    """How candidates are judged: ``reviewers`` is how many have to agree.

    ``full_text``: what is included by title and abstract is judged once more by its full text. ``blind``: nobody sees
    another's decision before their own. ``reasons`` are offered for exclusions, before the criteria of eligibility.
    """

    reviewers: Positive = 1
    full_text: Flag = False
    blind: Flag = True
    reasons: tuple[Text, ...] = ()
    highlight: Highlight = Highlight()
