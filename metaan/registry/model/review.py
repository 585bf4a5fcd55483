"""studies/review.yaml: the question, the outcomes and the protocol of a review."""

from typing import Annotated

from pydantic import Field

from .judgements import Certainty, Waiver
from .outcome import Outcome
from .plan import Plan
from .screening import Screening
from .types import (
    Day,
    Entry,
    Id,
    Text,
)


class Question(Entry):
    """What the review asks."""

    population: Text
    intervention: Text
    comparator: Text
    outcomes: tuple[Text, ...] = ()
    text: str | None = None


class Eligibility(Entry):
    """Which studies belong here."""

    include: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()


class Dates(Entry):
    """When the review was started, searched and updated."""

    started: Day | None = None
    searched: Day | None = None
    updated: Day | None = None


class SearchStrategy(Entry):
    """How one source is searched; ``since`` limits it to what came in later.

    ``accept_dropped`` are words that the source leaves out of the query, or reads in another way, and may: without it a
    search in which that happens fails.
    """

    source: Text
    query: Text
    note: str | None = None
    since: Day | None = None
    accept_dropped: tuple[Text, ...] = ()


class Services(Entry):
    """Where services are and who asks; the environment wins. A key itself never stands in a file, only its variable."""

    pubmed_url: str | None = None
    ctgov_url: str | None = None
    crossref_url: str | None = None
    europepmc_url: str | None = None
    email: str | None = None
    api_key_env: str | None = None


class Treatment(Entry):
    """One treatment that arms of several studies had; arms name it by its id."""

    id: Id
    name: Text
    description: str | None = None


class Labels(Entry):
    """The words for the two sides of a plot."""

    experimental: Text = "the treatment"
    control: Text = "the control"


class ReviewFile(Entry):
    """The whole of review.yaml; ``name`` is short, and names the report's file."""

    title: Text
    name: Id | None = None
    question: Question
    eligibility: Eligibility = Eligibility.model_construct()
    authors: tuple[Text, ...] = ()
    registration: str | None = None
    dates: Dates = Dates.model_construct()
    version: str | None = None
    license: str | None = None
    funding: str | None = None
    labels: Labels = Labels.model_construct()
    treatments: tuple[Treatment, ...] = ()
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1)]
    analyses: tuple[Plan, ...] = ()
    certainty: tuple[Certainty, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    search: tuple[SearchStrategy, ...] = ()
    screening: Screening = Screening.model_construct()
    services: Services = Services.model_construct()
