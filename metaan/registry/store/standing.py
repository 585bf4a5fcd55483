"""Where each candidate stands, as it follows from the decisions alone, and on what two reviewers can be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from ..model.screening import Screening
from .decisions import CONSENSUS, Decision, Stage, in_force

State = Literal["open", "later", "second opinion", "conflict", "included", "excluded"]

DECIDED = ("included", "excluded")
ONE_REVIEWER = Screening()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a candidate stands.

    Attributes
    ----------
    state
        At its stage; ``included`` is final, a candidate that has only passed title and abstract is open by full text.
    votes
        What counts of each reviewer at this stage, by name.
    stage
        What is to be read, or was read last.
    resolution
        The decision that ended a conflict at this stage.
    passed
        The standing by title and abstract, of a candidate that is judged by its full text.
    made
        The decision that made a study of it, whatever was decided later.
    """

    state: State
    votes: Mapping[str, Decision]
    stage: Stage = "abstract"
    resolution: Decision | None = None
    passed: Standing | None = None
    made: Decision | None = None

    @property
    def decided(self) -> bool:
        """Whether nothing more is to be said."""
        return self.state in DECIDED

    @property
    def reason(self) -> str | None:
        """Why it is excluded: as it was resolved, else as the first reviewer said."""
        said = (self.resolution,) if self.resolution else self.votes.values()
        return next((vote.reason for vote in said if vote.action == "exclude" and vote.reason), None)

    @property
    def study(self) -> str | None:
        """The study that it became."""
        return self.made.study if self.made else None

    def seen_by(self, reviewer: str, blind: bool = True) -> Standing:
        """Return what one reviewer may see: blind, nobody sees another's words before their own are said."""
        mine = self.votes.get(reviewer)
        if not blind or self.decided or self.state == "conflict" or (mine and mine.action != "later"):
            return self
        return replace(self, state="later" if mine else "open", votes={reviewer: mine} if mine else {})


def standings(
    decisions: Sequence[Decision], keys: Iterable[str] = (), rules: Screening = ONE_REVIEWER
) -> dict[str, Standing]:
    """Return where each candidate stands.

    Parameters
    ----------
    decisions
        As they were made; the last of each reviewer counts.
    keys
        Candidates, so that those without a decision are there too.
    rules
        How many have to agree, and whether the full text is a stage of its own.

    Examples
    --------
    >>> def said(by, action):
    ...     return Decision(key="a", action=action, at="2026-11-22T12:00:00Z", by=by)
    >>> standings([said("x", "include"), said("y", "exclude")], ["a", "b"])["a"].state
    'conflict'
    >>> standings([said("x", "include")], rules=Screening(reviewers=2))["a"].state
    'second opinion'
    """
    said: defaultdict[str, list[Decision]] = defaultdict(list)
    for decision in in_force(decisions):
        said[decision.key].append(decision)
    return {key: standing(said.get(key, ()), rules) for key in dict.fromkeys([*keys, *said])}


def standing(said: Sequence[Decision], rules: Screening = ONE_REVIEWER) -> Standing:
    """Return where one candidate stands, from the decisions about it that are in force."""
    if not said:
        return _OPEN
    made = next((decision for decision in reversed(said) if decision.study), None)
    first = _at("abstract", said, rules, made)
    further = rules.full_text and not (made and made.stage == "abstract")
    if first.state != "included" or not (further or any(decision.stage == "full-text" for decision in said)):
        return first
    return _at("full-text", said, rules, made, first)


def _at(
    stage: Stage, said: Sequence[Decision], rules: Screening, made: Decision | None, passed: Standing | None = None
) -> Standing:
    votes: dict[str, Decision] = {}
    resolution = None
    for decision in said:
        if decision.stage != stage or decision.action == "study":
            continue
        if (decision.resolves or decision.by == CONSENSUS) and decision.action != "later":
            resolution = decision
        else:
            votes[decision.by] = decision
    return Standing(_state(votes, resolution, rules.reviewers), votes, stage, resolution, passed, made)


def _state(votes: Mapping[str, Decision], resolution: Decision | None, reviewers: int) -> State:
    said = [vote.action for vote in votes.values() if vote.action in ("include", "exclude")]
    if resolution:
        return "included" if resolution.action == "include" else "excluded"
    if not said:
        return "later" if votes else "open"
    if len(said) < reviewers:
        return "second opinion"
    if len(set(said)) > 1:
        return "conflict"
    return "included" if said[0] == "include" else "excluded"


def paired_judgements(
    decisions: Sequence[Decision], stage: Stage = "abstract"
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return for each two reviewers what they said of the candidates that both judged, each by the first word.

    A later change of mind has usually heard the other's, so it does not count here; nor does what ends a conflict.
    """
    first: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for decision in in_force(decisions):
        own = decision.stage == stage and not decision.resolves and decision.by != CONSENSUS
        if own and decision.action in ("include", "exclude"):
            first[decision.by].setdefault(decision.key, decision.action)
    pairs = {
        (a, b): [(first[a][key], first[b][key]) for key in sorted(first[a].keys() & first[b].keys())]
        for a, b in combinations(sorted(first), 2)
    }
    return {names: judged for names, judged in pairs.items() if judged}


_OPEN = Standing("open", {})
