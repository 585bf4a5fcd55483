"""The report: one HTML file that needs nothing else.

Everything it shows is in the values it is given; no clock, no network, no random id, so the same input gives the same
bytes. A project's own ``templates`` folder replaces the packaged parts one by one; a sandbox fills
them in, for a project may be somebody else's.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2.exceptions import SecurityError
from jinja2.loaders import split_template_path
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from ...errors import Problem, RegistryError
from ...registry.text.files import project_of, read, unreadable
from ...resources import templates as packaged_templates
from ..document import Text, stretches
from ..explorer.data import explorable
from ..language import words
from ..language.headings import inside
from ..report import Report
from ..sections.contents import Content, sections_of
from .template_errors import at_fault

#: The files of the page's script, in ``templates/script/``: one scope, so that each knows the names of those before it.
SCRIPT = (
    "start", "distributions", "effects", "tau2", "pooling", "formats", "state", "axis", "rows", "drawing", "figure",
    "workings", "table", "view", "results", "controls", "sorting", "panel", "risk", "semantics", "address",
)  # fmt: skip


def render(report: Report, templates: Path | None = None) -> str:
    """Return the report as one self-contained HTML page; files of ``templates`` replace the packaged ones.

    >>> import metaan as ma
    >>> review = ma.load(ma.example("anakinra"))
    >>> render(Report(review, ma.analyse(review))).splitlines()[0]
    '<!doctype html>'
    """
    return fill("page.html", shown(report), templates)


def written(report: Report) -> bytes:
    """Return the page of a project, whose own ``templates`` folder replaces the packaged parts.

    Pieces are encoded one by one, as a large page is large a second time where it is put together.
    """
    own = report.review.folder.resolve().parent / "templates"
    page = BytesIO()
    page.writelines(piece.encode() for piece in pieces("page.html", shown(report), own if own.is_dir() else None))
    return page.getvalue()


def panel(report: Report) -> bytes:
    """Return the page for a panel: the statements, the critical outcomes' plots and the methods on two sheets."""
    own = report.review.folder.resolve().parent / "templates"
    return fill("panel.html", shown(report), own if own.is_dir() else None).encode()


def shown(report: Report) -> dict[str, Any]:
    """Return what ``page.html`` shows, by the names that its parts use."""
    said = Content(report)
    explore = explorable(report.analyses, said.arms)
    own = {"sections": sections_of(report), "content": said, "stretches": stretches}
    return {**said.named(), **own, "explore": explore, "upper_first": words.upper_first, "inside": inside}


def fill(name: str, context: Mapping[str, Any], templates: Path | None = None) -> str:
    """Return a template filled in; see `pieces`."""
    return "".join(pieces(name, context, templates))


def pieces(name: str, context: Mapping[str, Any], templates: Path | None = None) -> Iterator[str]:
    """Yield a template filled in, with stylesheet and script, and the hashes that let the browser take only them.
    Raises `RegistryError` where a template is at fault: its file, its line, and what is wrong.
    """
    environment = _environment(templates)
    style, script = _source(environment, "style.css"), _script(environment)
    given = {
        **context,
        "style": Markup(style),  # noqa: S704  the designer's own file
        "style_hash": _hash(style),
        "script": Markup(script),  # noqa: S704  the designer's own file
        "script_hash": _hash(script),
    }
    try:
        yield from environment.get_template(name).generate(given)
    except RegistryError:
        raise
    except Exception as error:  # a template is somebody's program: whatever goes wrong in it has a line
        raise at_fault(error, given, name) from error


class _Sandbox(ImmutableSandboxedEnvironment):
    """Fills templates in, and lets them do nothing but show what they are given."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply numbers of an ordinary size only: repeated text and powers fill the memory from one line."""
        if not all(isinstance(x, int | float) and abs(x) < _SMALL[operator] for x in (left, right)):
            raise SecurityError(f"{operator} is unsafe here; allowed: numbers below {_SMALL[operator]:,}")
        return super().call_binop(context, operator, left, right)

    def is_safe_callable(self, obj: Any) -> bool:
        """Allow our own functions, Jinja's, and those of plain values; a path can delete its file, a model read one."""
        home = getattr(obj, "__module__", None) or type(getattr(obj, "__self__", obj)).__module__
        return super().is_safe_callable(obj) and home.partition(".")[0] in _CALLABLE


class _Templates(BaseLoader):
    """The templates of a project: regular files that do not lie elsewhere."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_source(self, _: Environment, name: str) -> tuple[str, str, None]:
        """Return the text of a template, and where it stands."""
        path = self._folder.joinpath(*split_template_path(name))
        try:
            return read(path, project_of(self._folder)).decode("utf-8"), str(path), None
        except (FileNotFoundError, NotADirectoryError):
            raise TemplateNotFound(name) from None
        except OSError as error:
            raise RegistryError([unreadable(path, error)]) from None
        except UnicodeDecodeError:
            raise RegistryError([Problem(str(path), 1, "", "is not UTF-8", "allowed: text saved as UTF-8")]) from None


def _environment(templates: Path | None) -> Environment:
    own = [] if templates is None else [_Templates(templates)]
    return _Sandbox(
        loader=ChoiceLoader([*own, FileSystemLoader(packaged_templates(), encoding="utf-8")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_isolated,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _isolated(value: Any) -> Any:
    """Keep names that are written from right to left apart from their neighbours; markup stays as it is."""
    return words.isolated(str(value)) if type(value) in (str, Text) else value


def _source(environment: Environment, name: str) -> str:
    """Return a file as it stands, with the line ends that a browser sees when it checks the hash."""
    loader = environment.loader or ChoiceLoader([])
    return loader.get_source(environment, name)[0].replace("\r\n", "\n")


def _script(environment: Environment) -> str:
    """Return the files of the script as one, with names that are its own."""
    parts = "\n".join(_source(environment, f"script/{name}.js") for name in SCRIPT)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _hash(text: str) -> str:
    """Return what the policy names a style or a script by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# What a template may multiply, and raise to a power.
_SMALL = {"*": 1_000_000_000, "**": 1_000}

# Packages whose functions a template may call.
_CALLABLE = frozenset({"builtins", "datetime", "jinja2", "markupsafe", "metaan"})
