"""A template that a project wrote and that does not work: which file, which line, and what is wrong with it."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from pathlib import Path

from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError

from ...errors import Problem, RegistryError, did_you_mean

_UNKNOWN = re.compile(r"^'(\w+)' is undefined$")


def at_fault(error: Exception, names: Iterable[str], page: str) -> RegistryError:
    """Return the error that says where a template is at fault.

    ``names`` are the variables that templates may use; ``page`` was to be filled in, for an error that names no other.
    """
    if isinstance(error, TemplateSyntaxError):
        return RegistryError([Problem(error.filename or page, error.lineno, "", error.message or str(error))])
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).suffix == ".html"]
    place = (frames[-1].filename, frames[-1].lineno or 1) if frames else (page, 1)
    return RegistryError([Problem(*place, "", *_said(error, names))])


def _said(error: Exception, names: Iterable[str]) -> tuple[str, str]:
    """Say what is wrong, and what is allowed instead."""
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name!r}", "allowed: a file of the project's templates, or a packaged one"
    unknown = _UNKNOWN.match(str(error)) if isinstance(error, UndefinedError) else None
    if unknown:
        return f"{unknown[1]!r} is no variable of this page", did_you_mean(unknown[1], sorted(names))
    return str(error), ""
