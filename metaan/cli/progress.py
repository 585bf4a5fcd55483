"""What a command says on stderr while it runs: a bar in a terminal, a plain line a step elsewhere, and notices."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .streams import unfiltered

if TYPE_CHECKING:
    from ..workflows.run import Run


@contextmanager
def aloud(command: str) -> Iterator[Run]:
    """Yield the run of a command: now, with the real services, and its progress and notices on stderr."""
    from tqdm import tqdm

    from ..workflows.run import Run, Voice

    with tqdm(file=unfiltered(sys.stderr), disable=not sys.stderr.isatty(), leave=False) as bar:

        def tell(what: str, done: int, total: int) -> None:
            if bar.disable:
                print(f"{what}: {done} of {total}", file=sys.stderr)
            bar.set_description(what, refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        yield Run(voice=Voice(tell, lambda message: print(f"metaan {command}: {message}", file=sys.stderr)))
