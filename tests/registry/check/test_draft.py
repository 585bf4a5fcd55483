import pytest

from metaan.registry.check import CHECKS, draft
from metaan.registry.check.draft import read_document, where
from metaan.registry.model.study import Study
from metaan.registry.model.types import Entry, Number, Text
from metaan.registry.text.nodes import compose


class Either(Entry):
    a: Number | Text
    b: int


def test_a_value_of_several_types_is_named_and_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(draft.STAND_INS, Either, {"a": 1})
    document, problems = read_document("x.yaml", "x", b"a: true\nb: 2\n", Either)
    assert {(p.line, p.where) for p in problems} == {(1, "a")}
    assert document is not None
    assert document.model.b == 2
    assert document.tree.gone == ("a",)


def test_a_file_without_any_sound_key_is_still_checked_in_full() -> None:
    document, problems = read_document("x.yaml", "x", b"idd: 1\nscreened: -4\npmid: 0\n", Study)
    assert document is not None
    found = sorted(p.found for p in problems)
    assert found == sorted(
        [
            *(f"'{key}' is missing" for key in ("id", "label", "title", "design")),
            "0 is not a PubMed id",
            "-4 is too small",
            "key 'idd' is unknown",
        ]
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("results", 0, "arms", "x", "events"), "results[death].arms.x.events"),
        (("results", 1), "results[2]"),
        (("arms", 0, "name"), "arms[drug].name"),
        (("search", 0), "search[pubmed]"),
        ((), ""),
    ],
)
def test_places_in_words(path: tuple[str | int, ...], words: str) -> None:
    tree, _ = compose("results: [{outcome: death}, {}]\narms: [{id: drug}]\nsearch: [{source: pubmed}]")
    assert tree is not None
    assert where(tree, path) == words


def test_every_check_says_what_it_holds() -> None:
    for name, check in CHECKS.items():
        assert name == name.strip()
        assert (check.__doc__ or "").endswith(".")


@pytest.mark.parametrize(("line", "more"), [("unknown{0}: 1", 700), ("a: 1", 699)])
def test_of_very_many_problems_of_a_file_some_are_listed_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch, line: str, more: int
) -> None:
    monkeypatch.setitem(draft.STAND_INS, Either, {})
    raw = "\n".join(line.format(i) for i in range(1_000)).encode()
    _, problems = read_document("x.yaml", "x", raw + b"\nb: 2" + b"\na: 1" * (more == 700), Either)
    (said,) = [p for p in problems if "not listed" in p.found]
    assert said.found == f"{more} more problems like these are not listed"
    assert said.line >= draft.MOST_PROBLEMS
    assert len(problems) == draft.MOST_PROBLEMS + 1


def test_as_many_problems_as_are_listed_are_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(draft.STAND_INS, Either, {})
    raw = "\n".join(f"unknown{i}: 1" for i in range(draft.MOST_PROBLEMS)).encode()
    _, problems = read_document("x.yaml", "x", b"a: 1\nb: 2\n" + raw, Either)
    assert len(problems) == draft.MOST_PROBLEMS
    assert not [p for p in problems if "not listed" in p.found]
