"""Where the files that come with metaan lie: the templates, and the example reviews.

In a checkout they lie beside the package, in an installed wheel inside it.
"""

from __future__ import annotations

from pathlib import Path

from .errors import choose

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent
_INSTALLED = _PACKAGE / "_data"


def templates() -> Path:
    """Return the folder of the packaged templates."""
    installed = _INSTALLED / "templates"
    return installed if installed.is_dir() else _CHECKOUT / "templates"


def examples() -> dict[str, Path]:
    """Return the example reviews: the folder with review.yaml by name.

    >>> "anakinra" in examples()
    True
    """
    packaged = sorted(path for path in (_INSTALLED / "examples").glob("*/studies") if path.is_dir())
    found = {path.parent.name: path for path in packaged}
    more = sorted(path for path in (_CHECKOUT / "examples").glob("*/studies"))
    return found or {"anakinra": _CHECKOUT / "studies"} | {path.parent.name: path for path in more}


def example(name: str) -> Path:
    """Return the studies folder of an example review.

    Raises
    ------
    UsageError
        There is no such example.
    """
    return choose(examples(), name, "example")
