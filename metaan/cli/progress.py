"""Progress on stderr: a bar in a terminal, a plain line a step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .streams import unfiltered


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that is told what is being done, how much of it is done, and how much there is."""
    from tqdm import tqdm

    with tqdm(file=unfiltered(sys.stderr), disable=not sys.stderr.isatty(), leave=False) as bar:

        def tell(what: str, done: int, total: int) -> None:
            if bar.disable:
                print(f"{what}: {done} of {total}", file=sys.stderr)
            bar.set_description(what, refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        yield tell
