"""How the candidates of a review are judged, read of review.yaml without anything else of the registry."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from ...errors import RegistryError
from ..model.screening import Screening
from ..text.files import project_of, read, unreadable
from ..text.nodes import compose
from ..text.raw import MAX_BYTES, decode


def screening_rules(folder: Path | str) -> Screening | None:
    """Return what review.yaml says about screening; None where it says it wrongly, which `load` tells in full.

    A decision needs no more of the registry than this: neither its length nor a fault elsewhere in it concerns it.

    Raises
    ------
    RegistryError
        The file is there and cannot be read.
    """
    path = Path(folder) / "review.yaml"
    try:
        text, flaws = decode(read(path, project_of(Path(folder)), MAX_BYTES))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RegistryError([unreadable(path, error)]) from None
    tree, wrong = (None, flaws) if flaws else compose(text)
    if wrong or tree is None or not isinstance(tree.value, dict):
        return None
    said = tree.child("screening")
    try:
        return Screening() if said is None else Screening.model_validate(said.plain() or {})
    except ValidationError:
        return None
