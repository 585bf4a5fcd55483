"""The kinds of data that arms hold, and what every place does with them.

To add a kind: its columns in `metaan.stats.numerics.layouts`, its measures in ``TWO_ARMS`` and ``ONE_ARM`` of
`metaan.stats.measures.catalogue`, an entry in `KINDS`, and its model in `metaan.registry.model.arms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ..errors import NotEstimableError
from ..stats.measures.catalogue import ONE_ARM, TWO_ARMS
from ..stats.numerics.layouts import LAYOUTS, Names
from ..stats.printed.arms import combine_groups

#: The roles of arms; an only arm stands under the first.
ROLES = ("experimental", "control")

#: What an outcome is where it is less, and where it is more.
WAYS = ("lower", "higher")

#: Measures in the unit of what was measured: studies in another unit cannot be pooled with the others.
IN_UNITS = frozenset(("MD", "MN", "MC"))

#: Numbers of one study under metafor's names.
Data = Mapping[str, float]

#: Numbers of an arm under the keys of the study file.
Numbers = Mapping[str, float]

#: The same by the role of the arm, under the names of the study file.
ByRole = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data.

    Attributes
    ----------
    code
        A key of `metaan.stats.numerics.layouts.LAYOUTS`.
    fields
        What an arm holds, in the order of the columns: the key in a study file to what the number is called.
    shape, header, parts
        All of an arm in one column of a forest plot, the heading over it, and the headings where each number has a
        column of its own.
    sums
        How many of the last numbers add up over studies.
    ways
        What an outcome is where it is less, and where it is more.
    additive
        The fields that add up over people: what is divided where a group is shared.
    join, joined
        How arms of one role are put together, and the words for that; None where they cannot be.
    script, no_script
        The measures that the page's script pools; why it pools none.
    """

    code: str
    fields: Mapping[str, str]
    shape: str
    header: str
    parts: tuple[str, ...]
    sums: int
    ways: tuple[str, str] = WAYS
    additive: tuple[str, ...] = ("total",)
    join: Callable[[Sequence[Numbers]], dict[str, float]] | None = None
    joined: str = ""
    script: tuple[str, ...] = ()
    no_script: str = ""

    @property
    def columns(self) -> Names:
        """The columns of two arms."""
        return LAYOUTS[self.code].two

    def roles(self, data: Iterable[str]) -> dict[str, Names]:
        """Return the columns of each arm that is in the data; empty where neither two arms nor an only one are."""
        known, layout = set(data), LAYOUTS[self.code]
        for columns in ((layout.first, layout.second), (layout.only,)):
            if all(columns) and known.issuperset(chain(*columns)):
                return dict(zip(ROLES, columns))
        return {}

    def arms(self, data: Data) -> ByRole:
        """Return what each arm holds, under the names of the study file."""
        return {
            role: {field: data[name] for field, name in zip(self.fields, names)}
            for role, names in self.roles(data).items()
        }

    def data(self, experimental: Iterable[float], control: Iterable[float]) -> dict[str, float]:
        """Return the numbers of two arms under metafor's names."""
        return dict(zip(self.columns, (*experimental, *control)))

    def named(self, arms: Sequence[Numbers]) -> dict[str, float]:
        """Return what one or two arms hold under metafor's names."""
        layout = LAYOUTS[self.code]
        names = (layout.only,) if len(arms) == 1 else (layout.first, layout.second)
        return {name: float(arm[key]) for all_, arm in zip(names, arms) for name, key in zip(all_, self.fields)}


def kind_of(data: Iterable[str]) -> Kind | None:
    """Return the kind of data that has these columns; None where no entry of `KINDS` is about them."""
    known = set(data)
    return next((kind for kind in KINDS.values() if kind.roles(known)), None)


def kind_of_measure(measure: str) -> Kind | None:
    """Return the kind of data that a measure is computed from; None for effects that are given."""
    tables = ((code, known) for arms in (TWO_ARMS, ONE_ARM) for code, known in arms.items())
    return next((KINDS[code] for code, known in tables if measure in known), None)


def arms_of(data: Data) -> ByRole:
    """Return what each arm of a study holds; empty where the kind is not known."""
    kind = kind_of(data)
    return {} if kind is None else kind.arms(data)


def columns_of(measure: str, rows: Iterable[Data]) -> dict[str, Any]:
    """Return the columns of several studies from which a measure is computed.

    Raises
    ------
    NotEstimableError
        A study has no arms of this kind that were pooled, but an effect.
    """
    kind, studies = kind_of_measure(measure), list(rows)
    if kind is None:
        return {}
    names = kind.columns if measure in TWO_ARMS.get(kind.code, {}) else LAYOUTS[kind.code].only
    without = sum(not data.keys() >= set(names) for data in studies)
    if without:
        raise NotEstimableError(f"{without} of {len(studies)} studies enter by an effect, without {kind.code} of arms")
    return {name: [data[name] for data in studies] for name in names}


def people_of(rows: Iterable[Data]) -> int:
    """Return how many people several studies have together, 0 where arms have no sizes."""
    return round(sum(data.get(name, 0) for data in rows for name in PEOPLE))


def risks(data: Data) -> dict[str, float]:
    """Return the risk in each arm; empty where arms hold no events among people."""
    return {role: arm["events"] / arm["total"] for role, arm in KINDS["counts"].arms(data).items()}


def cells(data: Data) -> dict[str, float]:
    """Return the cells of a table of events in two arms by the letters of formulas; empty where there is none."""
    arms = KINDS["counts"].arms(data).values()
    found = (number for arm in arms for number in (arm["events"], arm["total"] - arm["events"]))
    return dict(zip("abcd", found)) if len(arms) > 1 else {}


def without_events(data: Data) -> dict[str, float]:
    """Return the counts of the people who did not have the event."""
    counts = KINDS["counts"]
    return counts.data(*((arm["total"] - arm["events"], arm["total"]) for arm in counts.arms(data).values()))


def _added(arms: Sequence[Numbers]) -> dict[str, float]:
    """Add up what every arm has."""
    return {key: sum(arm[key] for arm in arms) for key in arms[0] if all(key in arm for arm in arms)}


def _combined(arms: Sequence[Numbers]) -> dict[str, float]:
    """Return mean and SD of all people of several arms (Cochrane Handbook 6.5.2.10)."""
    columns = {key: [arm[key] for arm in arms] for key in ("total", "mean", "sd")}
    got = combine_groups(columns["total"], columns["mean"], columns["sd"])
    return {"mean": float(got["mi"][0]), "sd": float(got["sdi"][0]), "total": float(got["ni"][0])}


#: Why the page's script cannot pool a kind that it has no measure of.
NO_SCRIPT = "the page pools events among people only"
_MORE_OFTEN = ("less frequent", "more frequent")

#: Code of a kind to what is known of it.
KINDS = {
    "counts": Kind(
        "counts", {"events": "events", "total": "people"}, "{}/{}", "events/total", ("Events", "Total"), 2, _MORE_OFTEN,
        ("events", "total"), _added, "added up", script=("OR", "RR", "RD"),
    ),
    "means": Kind(
        "means", {"mean": "mean", "sd": "standard deviation", "total": "people"}, "{} ({}), {}", "mean (SD), n",
        ("Mean", "SD", "Total"), 1, join=_combined, joined="put together (Cochrane Handbook 6.5.2.10)",
        no_script=NO_SCRIPT,
    ),
    "rates": Kind(
        "rates", {"events": "events", "time": "time"}, "{}/{}", "events/time", ("Events", "Time"), 2, _MORE_OFTEN,
        ("events", "time", "total"), _added, "added up", no_script=NO_SCRIPT,
    ),
    "correlations": Kind(
        "correlations", {"r": "correlation", "total": "people"}, "{}, {}", "r, n", ("r", "Total"), 1,
        no_script=NO_SCRIPT,
    ),
}  # fmt: skip

#: The columns that count people.
PEOPLE = tuple(dict.fromkeys(
    name for kind in KINDS.values() for arm in LAYOUTS[kind.code] for field, name in zip(kind.fields, arm)
    if field == "total"
))  # fmt: skip
