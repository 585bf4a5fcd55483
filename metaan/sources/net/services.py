"""The services, each with its address, its pace and what it is told of who asks.

To add one: an entry in `SERVICES`, its base URL in `settings`, its signs of trouble in `answers` if they are new, and a
module with its calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import choose
from .answers import ServiceAnswer
from .client import Client
from .exchange import Endpoint
from .limiter import shared

if TYPE_CHECKING:
    import requests

    from .settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of `SERVICES`.

    Attributes
    ----------
    name
        In messages.
    url
        The field of `Settings` with its base URL.
    rate
        Requests per second; ``rate_known`` where ``better_with``, a field of `Settings`, is set.
    tells
        Parameter -> field of `Settings`: what goes with every request where it is set.
    forms
        Whether it reads a query that is sent as a form.
    """

    name: str
    url: str
    rate: float
    tells: tuple[tuple[str, str], ...] = ()
    better_with: str | None = None
    rate_known: float = 0.0
    forms: bool = False


def client_for(
    service: str,
    settings: Settings,
    *,
    session: requests.Session | None = None,
    notice: Callable[[str], None] = lambda message: None,
    keep: Callable[[ServiceAnswer], None] = lambda answer: None,
) -> Client:
    """Return the client of a service: its address, the identity it is told, and the pace that this identity allows.

    Parameters
    ----------
    service
        A key of `SERVICES`.
    settings
        Base URLs and identity.
    session, notice, keep
        As in `metaan.sources.net.client.Client`.
    """
    entry = choose(SERVICES, service, "service")
    told = {name: getattr(settings, field) for name, field in entry.tells}
    known = entry.better_with is not None and getattr(settings, entry.better_with)
    endpoint = Endpoint(
        entry.name,
        getattr(settings, entry.url),
        shared(service, entry.rate_known if known else entry.rate),
        {name: value for name, value in told.items() if value},
        (settings.api_key or "", settings.email or ""),
        entry.forms,
    )
    return Client(endpoint, session=session, notice=notice, keep=keep)


class Calls:
    """The calls that a review needs of one service; a class for each says what they are.

    Parameters
    ----------
    settings
        Base URL and identity.
    session
        A `requests.Session` to use instead of a new one.
    client
        A `Client` to use instead of one made of the settings; for tests, and for who keeps the answers.
    notice
        Told in words whenever a request has failed and is repeated.
    """

    service = ""  # a key of `SERVICES`

    def __init__(
        self,
        settings: Settings,
        *,
        session: requests.Session | None = None,
        client: Client | None = None,
        notice: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.url: str = getattr(settings, SERVICES[self.service].url)
        self._client = client or client_for(self.service, settings, session=session, notice=notice)


_EUTILS = (("tool", "tool"), ("email", "email"), ("api_key", "api_key"))

SERVICES: dict[str, Service] = {
    # NCBI allows 3 and 10 requests a second, and counts them a little differently.
    "pubmed": Service("PubMed", "pubmed_url", 2.5, _EUTILS, "api_key", 8.0, forms=True),
    # About 1 is what it bears, and its 429 names no time. It is told nothing of who asks.
    "ctgov": Service("ClinicalTrials.gov", "ctgov_url", 0.9),
    # Lists are allowed 1, and 3 to who gives an address: the polite pool.
    "crossref": Service("Crossref", "crossref_url", 0.9, (("mailto", "email"),), "email", 2.5),
    # 10 are said to be allowed, nowhere in writing.
    "europepmc": Service("Europe PMC", "europepmc_url", 4.0, (("email", "email"),)),
}
