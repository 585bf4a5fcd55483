"""What a study's abstract and its posted trial results may say in numbers: proposals for a person, nothing written.

`propose` lists, `fetch_results` stores what ClinicalTrials.gov has posted beside the study files; writing a proposal
into the registry is `metaan.workflows.studies.accept`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import SourceError, UsageError
from ...extraction import review_tables, trial_results
from ...extraction.proposal import Passage, Proposal
from ...extraction.text import abstract
from ...extraction.text.suggest import ReviewContext, context_of
from ...records.markup import clean_text, plain_text
from ...registry.load import Review, load
from ...registry.text.files import project_of, read, stay_inside
from ...registry.write import write_text
from ...sources.ctgov.trial import normalise_nct, parse_trial
from ...sources.formats import json_text
from ...sources.formats.encoding import read_file
from ...sources.net.answers import UnreadableError
from ...sources.net.client import RefusedError
from ..run import REAL, Run, settings_of

if TYPE_CHECKING:
    from ...registry.model.public import Result, Study
    from ...registry.store.metadata import Metadata
    from ...sources.ctgov.trial import Trial
    from ...sources.net.answers import ServiceAnswer
    from ...sources.net.client import Client


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was found for one study.

    Attributes
    ----------
    review, study
        Where it belongs.
    proposals
        In a fixed order as long as the sources stay the same: a proposal's number is its place, from 1.
    sizes
        How many people each arm has by the abstract, where the study file does not say.
    started
        How many people were randomised by the posted flow of participants, where the study file does not say.
    unusable
        Tables of a trial that have no numbers of people, with the reason.
    unconfirmed
        Results in the study file that nobody has confirmed, by their number there, from 1.
    notes
        What was not there to be read.
    """

    review: Review
    study: Study
    context: ReviewContext
    proposals: tuple[Proposal, ...]
    sizes: tuple[abstract.Size, ...] = ()
    started: tuple[trial_results.Started, ...] = ()
    unusable: tuple[trial_results.Unusable, ...] = ()
    unconfirmed: tuple[tuple[int, Result], ...] = ()
    notes: tuple[str, ...] = ()

    def proposal(self, number: int) -> Proposal:
        """Return a proposal by its number; one that is not there is a `UsageError`."""
        if 1 <= number <= len(self.proposals):
            return self.proposals[number - 1]
        allowed = f"1 to {len(self.proposals)}" if self.proposals else "none was found"
        raise UsageError(f"{self.study.id}: there is no proposal {number}; allowed: {allowed}")


def propose(
    folder: Path | str, study_id: str, *, results: Path | str | None = None, review_file: Path | str | None = None
) -> Extraction:
    """Return what the numbers of a study's abstract and of its posted results may be.

    Parameters
    ----------
    folder
        The folder of the study files.
    study_id
        The study.
    results
        A study of ClinicalTrials.gov (API version 2) as a JSON file; the stored one where it is None.
    review_file
        Another review in RevMan, whose rows of this study are claims about it.

    Raises
    ------
    UsageError
        The study is unknown.
    RegistryError, SourceError
        The registry, or the file of results, is at fault.

    Examples
    --------
    >>> import metaan as ma
    >>> propose(ma.example("anakinra"), "elmekaty-2023").notes[0]
    'no abstract is stored; metaan fetch elmekaty-2023 asks PubMed for it'
    """
    review = load(folder)
    study = review.study(study_id)
    passages = _passages(review, study_id)
    context = context_of(study, review.info.outcomes)
    sizes = abstract.sizes(passages, context)
    context = abstract.with_sizes(context, sizes)
    found = abstract.propose(passages, context, _document(review, study_id))
    trials = [_read(read_file(results), results)] if results is not None else _stored(review, study)
    tables, unusable = _tables(trials, context)
    unconfirmed = tuple((i, result) for i, result in enumerate(study.results, 1) if result.unconfirmed)
    quoted, said = _of_review(review_file, study, context)
    notes = (*_notes(study, review.metadata.get(study_id), passages, trials), *said)
    proposals, started = (*found, *tables, *quoted), _started(study, trials)
    return Extraction(review, study, context, proposals, sizes, started, tuple(unusable), unconfirmed, notes)


def _of_review(
    file: Path | str | None, study: Study, context: ReviewContext
) -> tuple[tuple[Proposal, ...], tuple[str, ...]]:
    """Return what another review pooled of the study, and what is to be said about its file."""
    if file is None:
        return (), ()
    from ...sources.revman.revman import read_revman

    found, notes = review_tables.propose(read_revman(file), study.label, Path(file).name, context)
    again = (f"what {Path(file).name} says is numbered only with --from {file}: give it with --accept too",)
    return found, (*notes, *(again if found else ()))


def _started(study: Study, trials: Sequence[Trial]) -> tuple[trial_results.Started, ...]:
    """Return how many people each group of the trials began with, where an arm of the study does not say."""
    if all(arm.randomised is not None for arm in study.arms):
        return ()
    return tuple(one for t in trials if t.results is not None for one in trial_results.started(t.results, t.nct_id))


def _tables(trials: Sequence[Trial], context: ReviewContext) -> tuple[list[Proposal], list[trial_results.Unusable]]:
    """Return what the tables of all trials may be, and those without numbers of people."""
    read = [trial_results.propose(t.results, t.nct_id, context) for t in trials if t.results is not None]
    return [p for proposals, _ in read for p in proposals], [u for _, unusable in read for u in unusable]


def _passages(review: Review, study_id: str) -> list[Passage]:
    """The sections of the stored abstract as plain text on one line each."""
    metadata = review.metadata.get(study_id)
    parts = metadata.abstract if metadata else ()
    return [Passage(clean_text(part.label or ""), clean_text(plain_text(part.text))) for part in parts]


def _document(review: Review, study_id: str) -> str:
    metadata = review.metadata.get(study_id)
    return f"article abstract (PubMed {metadata.pmid})" if metadata else "article abstract"


def _notes(study: Study, fetched: Metadata | None, passages: Sequence[Passage], trials: Sequence[Trial]) -> list[str]:
    notes = []
    if not passages and fetched:
        notes.append(f"PubMed's record, as of {(fetched.checked or fetched.fetched)[:10]}, has no abstract")
    elif not passages:
        notes.append(f"no abstract is stored; metaan fetch {study.id} asks PubMed for it")
    numbers = trial_numbers(study)
    if numbers and not trials:
        ask = f"metaan extract {study.id} --fetch asks ClinicalTrials.gov for those of {', '.join(numbers)}"
        notes.append(f"no posted results are stored; {ask}")
    notes += [f"{trial.nct_id} has no posted results" for trial in trials if trial.results is None]
    if study.design_group is None:
        notes.append(f"a {study.design.kind} is never pooled with studies, so nothing here can be accepted")
    return notes


def trial_numbers(study: Study) -> tuple[str, ...]:
    """Return the study's numbers at ClinicalTrials.gov."""
    return tuple(dict.fromkeys(nct for nct in map(normalise_nct, study.registrations) if nct))


def results_file(folder: Path | str, nct_id: str) -> Path:
    """Return where the posted results of a trial are kept; what is no number of a trial is refused."""
    if normalise_nct(nct_id) != nct_id:
        raise UsageError(f"{nct_id!r} is no number of ClinicalTrials.gov; allowed: NCT and eight digits, NCT04643678")
    return Path(folder) / "metadata" / "ctgov" / f"{nct_id}.json"


def _stored(review: Review, study: Study) -> list[Trial]:
    files = [results_file(review.folder, nct_id) for nct_id in trial_numbers(study)]
    return [_read(read(path, project_of(review.folder)), path) for path in files if path.exists()]


def _read(raw: bytes, file: Path | str) -> Trial:
    """Read a study of ClinicalTrials.gov: as the service sends it, or as `fetch_results` stored it."""
    try:
        found = json_text.document(raw)
        return parse_trial(found.get("study", found))
    except (SourceError, UnreadableError) as error:
        raise SourceError(f"{file}: {error}") from None


def fetch_results(
    folder: Path | str,
    study_id: str,
    run: Run = REAL,
) -> list[Path]:
    """Store what ClinicalTrials.gov has of a study's trials, results included, and return the files.

    Parameters
    ----------
    folder, study_id
        The study; its registrations say which trials.
    run
        The time, who is told, and who answers.

    Raises
    ------
    UsageError
        The study has no number at ClinicalTrials.gov.
    SourceError
        The service could not be reached, or does not know the number. No file was touched.
    """
    review = load(folder, with_metadata=False)
    numbers = trial_numbers(review.study(study_id))
    if not numbers:
        raise UsageError(
            f"{study_id} has no number at ClinicalTrials.gov; allowed: one under registrations: in its file"
        )
    answers = _asked(run.client("ctgov", settings_of(review)), numbers)
    day = run.now().isoformat(timespec="seconds")
    files = {nct_id: results_file(folder, nct_id) for nct_id in numbers}
    for file in files.values():
        stay_inside(file, project_of(Path(folder)))
    return [_store(file, day, *answers[nct_id]) for nct_id, file in files.items()]


def _asked(client: Client, numbers: Sequence[str]) -> dict[str, tuple[dict[str, Any], str]]:
    """Return the documents of all trials; none where one of them is not to be had."""
    try:
        return {nct_id: client.ask(f"studies/{nct_id}", {}, _checked_study) for nct_id in numbers}
    except RefusedError as error:
        known = "does not know one of " if error.status == 404 else "refused "
        raise SourceError(f"ClinicalTrials.gov {known}{', '.join(numbers)}: {error}") from None


def _checked_study(answer: ServiceAnswer) -> tuple[dict[str, Any], str]:
    """Return the document of a study that can be read, and where it came from."""
    found = json_text.document(answer.body)
    parse_trial(found)
    return found, answer.url


def _store(path: Path, day: str, study: dict[str, Any], url: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"fetched": day, "url": url, "digest": parse_trial(study).digest, "study": study}
    write_text(path, json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=True) + "\n")
    return path
