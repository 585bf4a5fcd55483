"""What a workflow has of the world: what time it is, who is told of its progress, and who answers its questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..sources.net.answers import ServiceAnswer
    from ..sources.net.client import Client
    from ..sources.net.pages import Progress
    from ..sources.net.settings import Settings

    Keep = Callable[[ServiceAnswer], None]
    MakeClient = Callable[[str, Settings, Keep], Client]


@dataclass(frozen=True, slots=True)
class Voice:
    """Who is told.

    Attributes
    ----------
    progress
        What is being done, how much of it is done, and how much there is.
    notice
        In words, what a person should know at once: such as a request that has failed and is repeated.
    """

    progress: Progress = lambda what, done, total: None
    notice: Callable[[str], None] = lambda message: None


@dataclass(frozen=True, slots=True)
class Run:
    """The world around one run; a test gives a time that stands still, and services of its own.

    Attributes
    ----------
    clock
        Tells the present time.
    services
        Makes the client of a service from its name, the settings, and what is handed every answer; None: the real one.
    """

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    voice: Voice = Voice()
    services: MakeClient | None = None

    def now(self) -> datetime:
        """Return the present time, UTC."""
        return self.clock().astimezone(UTC)

    def client(self, service: str, settings: Settings, keep: Keep = lambda answer: None) -> Client:
        """Return the client of a service."""
        if self.services:
            return self.services(service, settings, keep)
        from ..sources.net.services import client_for

        return client_for(service, settings, notice=self.voice.notice, keep=keep)


#: The present time, nobody who is told, and the real services.
REAL = Run()


def settings_of(review: Review) -> Settings:
    """Return the settings of a loaded review: the environment wins over its ``services:``."""
    import os

    from ..sources.net.settings import settings

    return settings(os.environ, review.info.services)
