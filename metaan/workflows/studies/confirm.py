"""A person has compared proposed numbers with the place they were read in: the mark says who, and when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UsageError, did_you_mean
from ...registry.load import load
from ...registry.write import set_value
from ..run import REAL, Run
from .study_edit import Written, edit_study, end_waiting, place_in_file

if TYPE_CHECKING:
    from ...registry.model.public import Study


def confirm(folder: Path | str, study_id: str, which: str, by: str, run: Run = REAL) -> Written:
    """Take the mark from a result: a person has compared its numbers with the place they were read in.

    Parameters
    ----------
    folder, study_id
        The study.
    which
        The number of the result in the study file, from 1, or its outcome where one unconfirmed result has that.
    by
        Who confirms.
    run
        Its day (UTC) is written down.

    Raises
    ------
    UsageError
        There is no such result, several are meant, it is confirmed already, or nobody is named.
    """
    index = _unconfirmed(load(folder, with_metadata=False).study(study_id), which)
    if not by.strip():
        raise UsageError("a confirmation needs a name; allowed: --by NAME")
    day = run.now().date()

    def edit(target: Path, study: Study) -> None:
        nonlocal index
        index = _unconfirmed(study, which)
        place = place_in_file(target, index)
        set_value(target, ("results", place, "confirmed"), {"by": " ".join(by.split()), "on": day})
        set_value(target, ("results", place, "unconfirmed"), False)
        end_waiting(target)

    result = edit_study(Path(folder), study_id, edit).results[index]
    return Written(Path(folder) / f"{study_id}.yaml", index + 1, result)


def _unconfirmed(study: Study, which: str) -> int:
    """Return the place of the unconfirmed result that is meant, from 0."""
    waiting = [i for i, result in enumerate(study.results) if result.unconfirmed]
    names = [f"{i + 1} ({study.results[i].outcome}, {study.results[i].time})" for i in waiting]
    meant = [i for i in waiting if which in (str(i + 1), study.results[i].outcome)]
    if len(meant) == 1:
        return meant[0]
    if not waiting:
        raise UsageError(f"{study.id} has no unconfirmed result")
    found = "several results are" if meant else "no unconfirmed result is"
    raise UsageError(f"{study.id}: {found} called {which!r}; {did_you_mean(which, names)}")
