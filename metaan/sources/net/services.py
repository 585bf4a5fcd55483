"""The client of a database that is asked: its address, its pace, and what it is told of who asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import choose
from ..databases import DATABASES
from .answers import ServiceAnswer
from .client import Client
from .exchange import Endpoint
from .limiter import shared

if TYPE_CHECKING:
    import requests

    from .settings import Settings


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
        A key of `DATABASES`.
    settings
        Base URLs and identity.
    session, notice, keep
        As in `metaan.sources.net.client.Client`.
    """
    database = choose(DATABASES, service, "service")
    entry = database.service
    told = {name: getattr(settings, field) for name, field in entry.tells}
    known = entry.better_with is not None and getattr(settings, entry.better_with)
    endpoint = Endpoint(
        database.name,
        settings.url_of(service),
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

    service = ""  # a key of `DATABASES`

    def __init__(
        self,
        settings: Settings,
        *,
        session: requests.Session | None = None,
        client: Client | None = None,
        notice: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.url = settings.url_of(self.service)
        self._client = client or client_for(self.service, settings, session=session, notice=notice)
