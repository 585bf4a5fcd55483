"""What an answer of a service means: HTTP 200 is not success, and errors come as JSON, XML, HTML or plain text.

The signs are data, in the order in which they are looked for; the client obeys them and the tests' server plays them.
To add one: an entry in `SIGNS`, and an example of it in the server's faults.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["throttled", "transient", "unreadable", "session lost", "refused"]

HEAD = 4_096  # bytes; every known complaint is shorter than its own first lines
SERVER_ERRORS = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524})
CLIENT_ERRORS = frozenset(range(400, 500)) | {501, 505}

# In XML a complaint is the only child of another root; in JSON its key cannot be written inside a string unescaped.
_COMPLAINT = rb'(?:<e\w+Result>\s*<ERROR>|"(?:ERROR|error)"\s*:\s*"|<h2>Error occurred:)[^<"]{0,500}?'


class UnreadableError(Exception):
    """An answer that looked sound and is not: cut off, garbled, another kind of document. Asking again may help."""


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What came back for one request.

    Attributes
    ----------
    url
        Without query, key and address of the person.
    breath
        Seconds until the next request that the service's headers about its limits ask for, 0 where they ask for none.
    """

    status: int
    content_type: str
    body: bytes
    url: str
    retry_after: str | None = None
    breath: float = 0.0

    def first_words(self) -> str:
        """Return the beginning of the body on one line, for a message."""
        words = " ".join(self.body[:HEAD].decode("utf-8", "replace").split())
        return "".join(char for char in words if char.isprintable()) or "an empty body"


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign by which a kind of failure is known: a status, a pattern in the first bytes, or either of both."""

    verdict: Verdict
    statuses: frozenset[int] = frozenset()
    pattern: re.Pattern[bytes] | None = None

    def fits(self, answer: ServiceAnswer) -> bool:
        """Whether the answer shows this sign."""
        if answer.status in self.statuses:
            return True
        return self.pattern is not None and self.pattern.search(answer.body[:HEAD]) is not None


def classify(answer: ServiceAnswer) -> tuple[str, Verdict] | None:
    """Return the name and the verdict of the first sign that an answer shows, or None when it shows none."""
    return next(((name, sign.verdict) for name, sign in SIGNS.items() if sign.fits(answer)), None)


def _complaint(words: bytes) -> re.Pattern[bytes]:
    return re.compile(_COMPLAINT + rb"(?:" + words + rb")", re.IGNORECASE)


# Europe PMC says in a document of its own, at HTTP 200, what it does not like.
_ERROR_CODE = rb'^\s*\{\s*"errCode"\s*:\s*"?'

SIGNS: dict[str, Sign] = {
    "asked too often": Sign("throttled", frozenset({429}), _complaint(rb"API rate limit exceeded")),
    "the API key is not valid": Sign("refused", pattern=_complaint(rb"API key invalid")),
    "the session is lost": Sign(
        "session lost", pattern=_complaint(rb"Unable to obtain query|Empty result - nothing todo")
    ),
    "the request is not allowed": Sign(
        "refused",
        frozenset({414}),
        _complaint(rb"[^<\"]*'retstart' cannot be larger|Invalid db name specified|Too many UIDs"),
    ),
    "the service is not well": Sign("transient", SERVER_ERRORS, re.compile(rb"^\s*Unable to route request!")),
    "the request was refused": Sign("refused", CLIENT_ERRORS, re.compile(_ERROR_CODE + rb"4")),
    "an error inside the answer": Sign("transient", pattern=_complaint(b"")),
    "an error code inside the answer": Sign("transient", pattern=re.compile(_ERROR_CODE)),
    "a web page instead of data": Sign("transient", pattern=re.compile(rb"^\s*(?:<!doctype\s+html|<html)", re.I)),
    "an empty answer": Sign("transient", pattern=re.compile(rb"^\s*$")),
}
