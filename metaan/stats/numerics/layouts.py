"""The columns in which data of arms stand, under metafor's names.

To add a kind of data: an entry in `LAYOUTS`; its measures read these columns.
"""

from __future__ import annotations

from typing import NamedTuple

Names = tuple[str, ...]


class Layout(NamedTuple):
    """The columns of the first and of the second of two arms, and those of an only arm, in one order; empty: none."""

    first: Names
    second: Names
    only: Names

    @property
    def two(self) -> Names:
        """All columns of two arms."""
        return self.first + self.second


#: Kind of data to its columns.
LAYOUTS = {
    "counts": Layout(("ai", "n1i"), ("ci", "n2i"), ("xi", "ni")),
    "means": Layout(("m1i", "sd1i", "n1i"), ("m2i", "sd2i", "n2i"), ("mi", "sdi", "ni")),
    "rates": Layout(("x1i", "t1i"), ("x2i", "t2i"), ("xi", "ti")),
    "correlations": Layout((), (), ("ri", "ni")),
}
