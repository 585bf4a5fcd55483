"""Everything that screening looks at, kept up to date while people decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ConflictError
from ...registry.model.screening import Screening
from ...registry.store.candidate import Candidates
from ...registry.store.commit import is_unfinished, locked
from ...registry.store.decisions import STAGES, Decision, Stage
from ...registry.store.log import Log
from ...registry.store.rules import screening_rules
from ...registry.store.standing import Standing, paired_judgements, standing, standings

if TYPE_CHECKING:
    from ...registry.flow import ScreeningFlow
    from ...registry.load import Review
    from ...stats.evidence.agreement import Agreement


class ScreeningState:
    """The candidates and where each stands.

    Attributes
    ----------
    folder
        That of the study files.
    rules
        What review.yaml says about screening.
    candidates
        By key, each read when it is looked at.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.rules: Screening = screening_rules(folder) or self.review.info.screening
        self.candidates = Candidates(folder)
        self._log = Log(folder)
        self._log.refresh()

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """Where each candidate stands, by key, in the order in which they are read; those first that are there."""
        return standings(self._log.decisions, self.candidates, self.rules)

    def standing(self, key: str) -> Standing:
        """Return where one candidate stands; one decision can do without all others."""
        return self.standings[key] if "standings" in self.__dict__ else self.with_decision(key)

    @cached_property
    def review(self) -> Review:
        """The registry as it is when it is first asked for; one decision can do without."""
        from ...registry.load import load

        return load(self.folder)

    @property
    def decisions(self) -> list[Decision]:
        """Every decision, in its order."""
        return self._log.decisions

    def refresh(self) -> bool:
        """Take in what others have decided meanwhile, and say whether there was anything."""
        touched = self._log.refresh()
        for key in touched if "standings" in self.__dict__ else ():
            self.standings[key] = self.with_decision(key)
        return bool(touched)

    def put_first(self, keys: Iterable[str]) -> None:
        """Put some candidates before all others, in an order of their own."""
        order = dict.fromkeys(key for key in keys if key in self.standings)
        self.standings = {key: self.standings[key] for key in [*order, *(k for k in self.standings if k not in order)]}

    def with_decision(self, key: str, *more: Decision) -> Standing:
        """Return where a candidate would stand with further decisions."""
        return standing([*self._log.about(key), *more], self.rules)

    def about(self, key: str) -> list[Decision]:
        """Return the decisions in force about one candidate."""
        return self._log.about(key)

    def agreement(self, stage: Stage = "abstract") -> dict[tuple[str, str], Agreement]:
        """Return that of each two reviewers, by their names."""
        compared = paired_judgements(self.decisions, stage)
        if not compared:
            return {}
        from ...stats.evidence.agreement import cohen_kappa  # brings scipy, which would be half of the time to start

        return {names: cohen_kappa([a for a, _ in said], [b for _, b in said]) for names, said in compared.items()}

    @property
    def flow(self) -> ScreeningFlow:
        """The numbers of the flow diagram; reads the runs and the registry."""
        from ...registry.flow import flow
        from ...registry.load import load
        from ...registry.store.runs import read_runs

        return flow(read_runs(self.folder), self.decisions, load(self.folder))

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of this review."""
        read = self.rules.full_text or any(one.stage == "full-text" for one in self.standings.values())
        return tuple(STAGES)[: 2 if read else 1]

    def next_stage(self, by: str) -> Stage:
        """Return the first stage at which one reviewer has something to judge."""
        return next((one for one in self.stages if self.keys_to_judge(by, one)), self.stages[0])

    def seen_by(self, by: str) -> Iterator[tuple[str, Standing]]:
        """Yield what one reviewer may see of each candidate."""
        return ((key, one.seen_by(by, self.rules.blind)) for key, one in self.standings.items())

    def keys_to_judge(self, by: str, stage: Stage | None = None) -> list[str]:
        """Return what one reviewer has not judged and is not decided, what was put off last."""
        waiting = [key for key, one in self.standings.items() if self._waits(key, one, by, stage)]
        return sorted(waiting, key=lambda key: by in self.standings[key].votes)

    def _waits(self, key: str, one: Standing, by: str, stage: Stage | None) -> bool:
        """Say whether a candidate waits for this reviewer; a conflict waits for those who had no part in it."""
        mine = one.votes.get(by)
        open_ = not one.decided and (mine is None or mine.action == "later")
        return open_ and (stage is None or one.stage == stage) and key in self.candidates


def open_screening(folder: Path | str) -> ScreeningState:
    """Return the state of the screening.

    Raises
    ------
    RegistryError
        review.yaml cannot be read, or says something wrong about screening.
    """
    _settle(folder)
    return ScreeningState(folder)


def _settle(folder: Path | str) -> None:
    """Bring a run to its end that was cut after it had decided; one that is at work does so itself."""
    if is_unfinished(folder):
        try:
            with locked(folder, "metaan screen"):
                pass
        except ConflictError:
            return
