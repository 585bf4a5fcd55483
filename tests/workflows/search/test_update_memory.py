"""How much more memory a run needs for each further record that it finds."""

import gc
import tracemalloc

import pytest

from metaan.sources.formats.xml_guard import guard
from metaan.workflows.search import searching
from metaan.workflows.search.update import update
from tests.server.eutils import Eutils
from tests.server.living import NOW, at, paper, registry

ABSTRACT = 10_000  # letters: by its abstract a record is known to be in memory or not
MOST = 5_000  # bytes for a further record; all of it would be 30,000 and more


def peak(folder, n):
    """Return the most memory that Python held at once during a run that finds n records, and how many those were."""
    text = " ".join(["abstract"] * (ABSTRACT // 9))
    papers = [
        paper(
            str(910_000_000 + i), f"Zymodrug {i:x} in bees", doi=f"10.5555/{i}", pages=str(i), abstract=(("A", text),)
        )
        for i in range(n)
    ]
    studies = registry(folder)
    with Eutils(papers={one.pmid: one for one in papers}, rate=None) as server:
        tracemalloc.start()
        try:
            report = update(studies, run=at(NOW, pubmed=server.url))
            return tracemalloc.get_traced_memory()[1], len(report.candidates)
        finally:
            tracemalloc.stop()


@pytest.fixture
def usual_collection():
    """Collect garbage as Python does by itself, whatever another test of the same process has set."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_a_read_answer_is_let_go_without_a_collection():
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        for i in range(20):
            guard(b"<a><b>%d%s</b></a>" % (i, b"x" * 100_000))
        assert tracemalloc.get_traced_memory()[0] < 1_000_000  # of the 2,000,000 that were read
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.usefixtures("usual_collection")
def test_a_run_does_not_hold_the_abstracts_of_its_records(tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "AT_ONCE", 50)
    peak(tmp_path / "warm", 20)
    (few, first), (many, second) = (peak(tmp_path / str(n), n) for n in (100, 300))
    assert (first, second) == (100, 300)
    assert (many - few) / 200 < MOST
