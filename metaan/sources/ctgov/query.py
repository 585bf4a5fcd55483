"""What is asked of ClinicalTrials.gov."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ...errors import UsageError


@dataclass(frozen=True, slots=True)
class TrialQuery:
    """What is asked, in the registry's expressions (Essie); every part that is given has to fit.

    Attributes
    ----------
    term, condition, intervention
        Words, also with AND, OR, NOT and brackets.
    advanced
        An expression with AREA[...]; a wrong area is refused by the service and shown.
    updated_since
        Trials posted or changed on that day or later; the day itself belongs to it, for more may come in on it.
    """

    term: str | None = None
    condition: str | None = None
    intervention: str | None = None
    advanced: str | None = None
    updated_since: date | None = None

    def params(self) -> dict[str, str]:
        """Return the parameters of the query.

        >>> from datetime import date
        >>> TrialQuery(intervention="anakinra", updated_since=date(2026, 10, 15)).params()
        {'query.intr': 'anakinra', 'filter.advanced': 'AREA[LastUpdatePostDate]RANGE[2026-10-15,MAX]'}
        """
        words = {"query.term": self.term, "query.cond": self.condition, "query.intr": self.intervention}
        since = f"AREA[LastUpdatePostDate]RANGE[{self.updated_since},MAX]" if self.updated_since else ""
        expressions = [text for text in (self.advanced, since) if text]
        advanced = " AND ".join(f"({text})" for text in expressions) if len(expressions) > 1 else "".join(expressions)
        params = {name: " ".join(text.split()) for name, text in words.items() if text and text.strip()}
        if not params and not advanced:
            raise UsageError("a query of ClinicalTrials.gov without a word; allowed: term, condition, intervention ...")
        return params | ({"filter.advanced": advanced} if advanced else {})
