"""What changed in words: sentences, tables, Markdown, the page and the plot."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

import metaan as ma
from metaan.comparison.difference import PoolChange, compare
from metaan.comparison.edits import Edit, StudyChange, StudyState
from metaan.comparison.whatif import Cause
from metaan.report.changes.changes import changes_section
from metaan.report.changes.words import flips, nothing_moved, where
from metaan.report.language.words import Arms
from metaan.report.writers.changes_text import changes_markdown, changes_page, changes_terminal

CORE = ("review", "elmekaty-2023", "audemard-verger-2022", "balkhair-2021", "barkas-2021")


@pytest.fixture
def folders(tmp_path):
    for name in ("old", "new"):
        shutil.copytree(ma.example("anakinra"), tmp_path / name / "studies")
    return tmp_path / "old" / "studies", tmp_path / "new" / "studies"


def edit(folder, name, old, new):
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def section(folders):
    return changes_section(compare(*map(ma.load, folders), "HEAD", "the working tree"))


@pytest.fixture
def core(folders):
    for path in folders[0].glob("*.yaml"):
        if path.stem not in CORE:
            path.unlink()
    return folders


def pool_of(changes, heading):
    return next(pool for pool in changes.pools if pool.heading == heading)


VENTILATION = "Invasive mechanical ventilation among non-randomised studies"
COHORTS = "Death from any cause among non-randomised studies"


class TestSentences:
    def test_the_answer_comes_first(self, core):
        assert section(core).headlines[0] == (
            f"{COHORTS}: the conclusion changed from no clear difference to favours anakinra."
        )

    def test_studies_that_could_each_have_done_it(self, core):
        changes = section(core)
        assert pool_of(changes, COHORTS).flips == (
            "The conclusion changed from no clear difference to favours anakinra: enough for it is "
            "Franzetti 2021 (added) or SAVE 2021 (added) alone."
        )
        franzetti, _, segala = pool_of(changes, COHORTS).sentences
        assert franzetti.endswith(
            "alone it would have turned the conclusion from no clear difference to favours anakinra."
        )
        assert segala.endswith("the conclusion, favours anakinra, would be the same without it.")

    def test_a_study_without_which_there_is_nothing(self, core):
        (sentence,) = pool_of(section(core), "Invasive mechanical ventilation among randomised trials").sentences
        assert sentence == (
            "Kharazmi 2022 (added) gives the first result for invasive mechanical ventilation among randomised trials: "
            "odds ratio 0.13 (0.024 to 0.66), favours anakinra."
        )

    def test_the_last_study_goes(self, core):
        changes = section(core[::-1])
        (sentence,) = pool_of(changes, "Invasive mechanical ventilation among randomised trials").sentences
        assert sentence.startswith("Kharazmi 2022 (removed) leaves no result for invasive mechanical ventilation")

    def test_studies_that_moved_nothing_say_why(self, core):
        said = section(core).silent
        assert "Huet 2020 (added) moved no result: no analysis of the protocol takes a result of it." in said
        assert "REMAP-CAP 2021 (added) moved no result: it is awaiting data: deaths per arm were not seen." in said

    def test_one_change_has_no_share(self, folders):
        edit(folders[1], "kyriazopoulou-2021-save-more", "control: {events: 13,", "control: {events: 31,")
        (pool,) = section(folders).pools
        (sentence,) = pool.sentences
        assert "SAVE-MORE 2021 (corrected) moved the odds ratio" in sentence
        assert "share" not in sentence
        assert pool.shares == ()

    def test_one_change_that_turns_the_conclusion(self, folders):
        (folders[1] / "segala-2023.yaml").unlink()
        pool = pool_of(section(folders), VENTILATION)
        assert "Segala 2023 (removed) moved" in pool.sentences[0]
        assert ("turned" in pool.sentences[0]) == bool(pool.flips)

    def test_a_method(self, folders):
        edit(folders[1], "review", "  - outcome: death\n", "  - outcome: death\n    measure: RR\n")
        pool = pool_of(section(folders), "Death from any cause among randomised trials")
        assert pool.sentences[0].startswith(
            "The effect measure (from OR to RR) moved the risk ratio of death from any cause among randomised trials "
            "from odds ratio 0.96 (0.44 to 2.11) to risk ratio "
        )
        assert pool.plot is None

    @pytest.mark.parametrize(
        ("alone", "needed", "smallest", "said"),
        [
            ((0, 1), (), ((0,), (1,)), ": enough for it is A (added) or B (added) alone."),
            ((), (0, 1), ((0, 1),), ": enough for it is A (added) with B (added)."),
            ((0,), (), ((0,), (1, 2)), ": enough for it is A (added) or B (added) with C (added)."),
            ((0, 2), (), None, ": A (added) or C (added) alone would have done it."),
            ((), (1,), None, ": no change alone would have done it; not without B (added)."),
        ],
    )
    def test_what_it_took(self, core, alone, needed, smallest, said):
        lead = next(a for a in compare(*map(ma.load, core)).analyses if a.key == "death").pools[1].lead
        causes = tuple(Cause("study", name, name, "added") for name in "ABC")
        taken = replace(lead, flips_alone=alone, needed=needed, smallest=smallest)
        got = flips(PoolChange("randomised", causes, (taken,)), Arms("anakinra", "usual care"))
        assert got == f"The conclusion changed from no clear difference to favours anakinra{said}"

    @pytest.mark.parametrize(("name", "said"), [("randomised", "among randomised trials"), ("", "among all studies")])
    def test_where(self, name, said):
        assert where(name) == said


def test_factors_multiply_to_the_whole_change(core):
    pool = pool_of(section(core), "Death from any cause among randomised trials")
    product = 1.0
    for row in pool.shares:
        product *= float(row.estimate.removeprefix("×"))
    assert product == pytest.approx(0.96 / 3.32, rel=0.02)
    assert "over all orders in which the changes could have come" in pool.note


def test_shares_of_a_difference_have_signs(core):
    for folder in core:
        edit(folder, "review", "  - outcome: death\n", "  - outcome: death\n    measure: RD\n")
    rows = pool_of(section(core), "Death from any cause among randomised trials").shares
    assert all(row.estimate[0] in "+−0" for row in rows)


def test_nothing_changed(folders):
    changes = section(folders)
    assert changes.headlines == ("Nothing changed between HEAD and the working tree.",)
    assert (changes.pools, changes.studies, changes.protocol, changes.silent) == ((), (), (), ())
    assert len(changes.unchanged) == 11
    assert changes_terminal(changes).endswith("Nothing changed between HEAD and the working tree.")


def test_the_plot_has_a_row_for_each_result(core):
    plot = pool_of(section(core), "Death from any cause among randomised trials").plot
    labels = [row.label for row in plot.rows if row.label]
    later = ["CORIMUNO-ANA-1 2021 (added)", "SAVE-MORE 2021 (added)", "NCT04362111 2021 (added)"]
    assert labels == [
        "Before: HEAD", "With one change only", *later, "Without one change", *later, "After: the working tree",
    ]  # fmt: skip
    assert [row.cells["k"] for row in plot.rows if row.mark] == ["1", "2", "2", "2", "3", "3", "3", "4"]


def test_the_figure_is_one_svg_with_a_name(core):
    figure = pool_of(section(core), COHORTS).figure
    root = ET.fromstring(str(figure))
    assert root.get("role") == "img"
    assert COHORTS in root.find("{http://www.w3.org/2000/svg}title").text


def test_what_prisma_lsr_asks(core):
    edit(core[1], "review", "title: Anakinra in COVID-19", "title: Anakinra in COVID-19, a living review\nversion: '2'")
    edit(core[1], "review", "  - outcome: death\n", "  - outcome: death\n    tau2_method: REML\n")
    said = {item.title: item.text for item in section(core).living}
    assert said["Title"].endswith("names the review as living.")
    assert said["Version"] == "2; before: –."
    assert said["Trigger of this version"] == "16 studies added."
    assert "death, tau2 method (studies/review.yaml:" in said["Changes to methods"]
    assert said["Flow of studies"].startswith("13 included (3 before)")


HOSTILE = "<script>alert(1)</script> [x](javascript:y) | `z` *s*"


@pytest.fixture
def hostile(folders):
    edit(folders[1], "kyriazopoulou-2021-save-more", "label: SAVE-MORE 2021", f"label: '{HOSTILE}'")
    edit(folders[1], "kyriazopoulou-2021-save-more", "control: {events: 13,", "control: {events: 31,")
    return section(folders)


def test_names_from_outside_are_text_on_the_page(hostile):
    page = changes_page(hostile, version="1")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_names_from_outside_are_text_in_markdown(hostile):
    text = changes_markdown(hostile)
    assert re.search(r"(?<!\\)<script", text) is None
    assert re.search(r"(?<!\\)\[x", text) is None
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {9}


@pytest.mark.parametrize("write", [changes_terminal, changes_markdown])
def test_a_name_does_not_steer_the_terminal(folders, write):
    """No file can hold such a name; a review that is made by a program can."""
    old, new = map(ma.load, folders)
    renamed = tuple(
        s.model_copy(update={"label": "Segala \x1b[2J\x9b2J 2023"}) if s.id == "segala-2023" else s for s in new.studies
    )
    text = write(changes_section(compare(old, replace(new, studies=renamed), "HEAD", "the working tree")))
    assert "Segala" in text
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text) is None


def test_a_retraction_is_said_first(folders):
    for folder, extra in zip(folders, ({}, {"retracted": True})):
        (folder / "metadata").mkdir(exist_ok=True)
        record = {
            "pmid": "1",
            "title": "A title",
            "fetched": "2026-01-02",
            "url": "https://example.org/",
            "digest": "0" * 64,
        }
        (folder / "metadata" / "segala-2023.json").write_text(json.dumps(record | extra), encoding="utf-8")
    changes = section(folders)
    assert changes.headlines == (
        "Segala 2023: PubMed now says retracted; the study is included.",
        "No conclusion changed.",
    )
    assert changes.summary == "1 study flagged by PubMed."


def test_the_page_allows_its_own_style_and_nothing_else(core):
    page = changes_page(section(core), version="1")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page).group(1)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [60, 100])
def test_the_terminal_is_not_overrun_by_sentences(core, width):
    lines = changes_terminal(section(core), width).splitlines()
    long = [line for line in lines if len(line) > width and "k = " not in line and "studies/" not in line]
    assert long == []


def test_new_numbers_that_nobody_has_confirmed_move_nothing_and_that_is_the_reason():
    edit = Edit(
        "results", "death at day 28, unconfirmed", None, True, None, "studies/x.yaml:9", ("results", "unconfirmed")
    )
    change = StudyChange(
        "x", "X 2020", ("corrected",), StudyState("included"), StudyState("included"), (edit,), (), "studies/x.yaml:1"
    )
    assert nothing_moved(change) == "X 2020 (changed) moved no result: nobody has confirmed its new numbers yet."


def test_a_window_of_time_points_is_written_in_words():
    from metaan.report.changes.changes import _plain

    assert _plain(["day 28", {"from": "day 21", "to": "day 35"}]) == "day 28, from day 21 to day 35"
