"""The anakinra review holds what was read, number for number."""

from pathlib import Path

import pytest

from metaan.registry.load import Review, load
from metaan.registry.model.public import Study

FOLDER = Path(__file__).parents[2] / "studies"

# study, outcome, time: events and total with anakinra, events and total without; where they were read.
COUNTS = {
    ("elmekaty-2023", "treatment-success", "day 14"): (35, 40, 37, 40, "article abstract", "primary"),
    ("elmekaty-2023", "clinical-failure", "day 14"): (5, 40, 3, 40, "article abstract", "primary"),
    ("audemard-verger-2022", "treatment-success", "day 14"): (26, 37, 31, 34, "article abstract", "primary"),
    ("audemard-verger-2022", "clinical-failure", "day 14"): (11, 37, 3, 34, "article abstract", "primary"),
    ("audemard-verger-2022", "death", "day 28"): (9, 37, 3, 34, "article abstract", "primary"),
    ("audemard-verger-2022", "serious-adverse-events", "study end"): (19, 37, 18, 34, "article abstract", "primary"),
    ("balkhair-2021", "ventilation", "in hospital"): (14, 45, 18, 24, "article abstract", "primary"),
    ("balkhair-2021", "death", "in hospital"): (13, 45, 11, 24, "article abstract", "primary"),
    ("balkhair-2021", "oxygen-weaning", "in hospital"): (25, 40, 6, 22, "preprint-monitor copy", "secondary"),
    ("kyriazopoulou-2021-save-more", "death", "day 28"): (13, 405, 13, 189, "FDA authorisation", "secondary"),
    ("kyriazopoulou-2021-save-more", "severe-respiratory-failure", "day 28"): (
        86, 405, 62, 189, "FDA authorisation", "secondary",
    ),
    ("corimuno-ana-1-2021", "death", "day 90"): (16, 59, 15, 55, "news summary", "secondary"),
    ("corimuno-ana-1-2021", "ventilation-or-death", "day 14"): (28, 59, 28, 55, "PMC8373384", "secondary"),
    ("kharazmi-2022", "ventilation", "in hospital"): (3, 15, 10, 15, "article abstract", "primary"),
    ("nct04362111-2021", "death", "hospital discharge"): (4, 15, 4, 15, "conference abstract", "primary"),
    ("nct04362111-2021", "infection", "study end"): (4, 15, 2, 15, "conference abstract", "primary"),
    ("kyriazopoulou-2021-save", "death", "day 30"): (15, 130, 29, 130, "article abstract", "primary"),
    ("kyriazopoulou-2021-save", "severe-respiratory-failure", "day 14"): (
        29, 130, 77, 130, "article abstract", "primary",
    ),
    ("franzetti-2021", "death", "day 28"): (14, 56, 29, 56, "article table", "primary"),
    ("franzetti-2021", "ventilation", "in hospital"): (9, 42, 8, 46, "article table", "primary"),
    ("franzetti-2021", "infection", "in hospital"): (15, 56, 9, 56, "article table", "primary"),
    ("segala-2023", "death", "in hospital"): (4, 56, 6, 49, "article table", "primary"),
    ("segala-2023", "ventilation", "in hospital"): (1, 56, 0, 49, "article table", "primary"),
    ("huet-2020", "invasive-ventilation-or-death", "follow-up"): (13, 52, 32, 44, "several later", "secondary"),
    ("declercq-2021-cov-aid", "invasive-ventilation-or-death", "day 28"): (8, 43, 12, 72, "Dahms 2023", "secondary"),
    ("fanlo-2023", "no-mechanical-ventilation", "day 15"): (64, 83, 67, 78, "news report", "secondary"),
}  # fmt: skip

# Numbers that follow from what was printed, and do not stand there.
DERIVED = {
    ("elmekaty-2023", "clinical-failure"): "40 - 35 and 40 - 37",
    ("audemard-verger-2022", "clinical-failure"): "37 - 26 and 34 - 31",
    ("balkhair-2021", "oxygen-weaning"): "25 (63%) and 6 (27%) fix the denominators 40 and 22",
    ("corimuno-ana-1-2021", "death"): "the only integers that give 27% of 59 and of 55",
    ("corimuno-ana-1-2021", "ventilation-or-death"): "the only integers that give 47% of 59 and 51% of 55",
    ("kharazmi-2022", "ventilation"): "0.200 x 15 and 0.667 x 15",
    ("kyriazopoulou-2021-save", "death"): "0.115 x 130 and 0.223 x 130",
    ("kyriazopoulou-2021-save", "severe-respiratory-failure"): "0.223 x 130 and 0.592 x 130",
    ("franzetti-2021", "death"): "56 - 42 and 56 - 27",
    ("declercq-2021-cov-aid", "invasive-ventilation-or-death"): (
        "the integers that give the printed pool, RR 0.69 (0.31 to 1.56), together with the 594 people of SAVE-MORE"
    ),
    ("fanlo-2023", "no-mechanical-ventilation"): "0.771 x 83 and 0.859 x 78",
}

# study, outcome: measure, estimate, interval, level, p as printed.
REPORTED = {
    ("elmekaty-2023", "treatment-success"): [("OR", 1.762, (0.39, 7.93), 0.95, None), (None, None, None, 0.95, 0.712)],
    ("audemard-verger-2022", "treatment-success"): [
        ("OR", 0.23, (0.06, 0.91), 0.95, None),
        ("RD", -0.21, (-0.39, -0.02), 0.95, None),
        (None, None, None, 0.95, 0.027),
    ],
    ("audemard-verger-2022", "serious-adverse-events"): [(None, None, None, 0.95, 0.89)],
    ("balkhair-2021", "ventilation"): [(None, None, None, 0.95, "<0.001")],
    ("balkhair-2021", "death"): [(None, None, None, 0.95, 0.082)],
    ("balkhair-2021", "oxygen-weaning"): [(None, None, None, 0.95, 0.008)],
    ("kyriazopoulou-2021-save-more", "death"): [("RD", -0.037, (-0.077, 0.003), 0.95, None)],
    ("kyriazopoulou-2021-save-more", "severe-respiratory-failure"): [("RD", -0.116, (-0.194, -0.038), 0.95, None)],
    ("corimuno-ana-1-2021", "ventilation-or-death"): [("HR", 0.97, (0.62, 1.52), 0.90, None)],
    ("kharazmi-2022", "ventilation"): [(None, None, None, 0.95, 0.010)],
    ("nct04362111-2021", "infection"): [(None, None, None, 0.95, 0.36)],
    ("kyriazopoulou-2021-save", "death"): [("HR", 0.49, (0.25, 0.97), 0.95, None)],
    ("kyriazopoulou-2021-save", "severe-respiratory-failure"): [("HR", 0.30, (0.20, 0.46), 0.95, None)],
    ("franzetti-2021", "death"): [(None, None, None, 0.95, 0.007)],
    ("franzetti-2021", "ventilation"): [(None, None, None, 0.95, 0.835)],
    ("franzetti-2021", "infection"): [(None, None, None, 0.95, 0.25)],
    ("segala-2023", "death"): [(None, None, None, 0.95, 0.51)],
    ("segala-2023", "stay"): [(None, None, None, 0.95, 0.008)],
    ("segala-2023", "oxygen-days"): [(None, None, None, 0.95, 0.032)],
    ("huet-2020", "invasive-ventilation-or-death"): [("HR", 0.22, (0.11, 0.41), 0.95, None)],
    ("fanlo-2023", "no-mechanical-ventilation"): [("RR", 0.90, (0.77, 1.04), 0.95, 0.16)],
}

# doi, pmid, pmcid, registrations, published, volume, issue, pages
IDENTITY = {
    "elmekaty-2023": ("10.3389/fmicb.2023.1098703", None, None, ("NCT04643678",), "2023-01-26", "14", None, "1098703"),
    "audemard-verger-2022": (
        "10.1371/journal.pone.0269065", "35925914", "PMC9351999", ("NCT04364009",), "2022", "17", None, "e0269065",
    ),
    "balkhair-2021": (
        "10.1016/j.ijid.2020.11.149", None, None, ("ISRCTN74727214",), "2021-02", "103", None, "288-296",
    ),
    "barkas-2021": (
        "10.1093/rheumatology/keab447", "33999135", None, (), "2021-12-01", "60", "12", "5527-5537",
    ),
    "aouba-2020": ("10.1136/annrheumdis-2020-217706", None, None, (), "2020", "79", None, "1381-1382"),
    "atagunduz-2021": ("10.3389/fimmu.2021.734279", None, None, (), "2021", "12", None, "734279"),
    "kyriazopoulou-2021-save-more": (
        "10.1038/s41591-021-01499-z", "34480127", "PMC8516650", ("NCT04680949",), "2021-09-03", "27", "10", "1752-",
    ),
    "corimuno-ana-1-2021": (
        "10.1016/S2213-2600(20)30556-7", "33493450", "PMC7825875", ("NCT04341584",), "2021-03", "9", "3", "295-304",
    ),
    "kharazmi-2022": ("10.1002/iid3.563", "34762351", "PMC8652881", (), "2022", "10", "2", "201-208"),
    "nct04362111-2021": ("10.4049/jimmunol.206.supp.66.17", None, None, ("NCT04362111",), "2021", None, None, None),
    "kyriazopoulou-2021-save": ("10.7554/eLife.66125", None, None, (), "2021-03-08", None, None, None),
    "franzetti-2021": (
        "10.4049/jimmunol.2001126", "33547169", "PMC7980530", (), "2021-02-05", "206", "7", "1569-1575",
    ),
    "segala-2023": (
        "10.1371/journal.pone.0273202", None, "PMC10072376", (), "2023-04-04", "18", "4", "e0273202",
    ),
    "huet-2020": ("10.1016/S2665-9913(20)30164-8", None, "PMC7259909", (), "2020-05-29", None, None, None),
    "derde-2021-remap-cap": ("10.1101/2021.06.18.21259133", None, None, (), "2021-06-22", None, None, None),
    "declercq-2021-cov-aid": (
        "10.1016/S2213-2600(21)00377-5", None, None, ("NCT04330638",), "2021-10-29", "9", "12", "1427-1438",
    ),
    "fanlo-2023": (
        "10.1001/jamanetworkopen.2023.7243", "37027155", "PMC10082404", (), "2023-04-07", "6", "4", "e237243",
    ),
    "kooistra-2020": ("10.1186/s13054-020-03364-w", "33302991", "PMC7726611", (), "2020-12-10", "24", None, "688"),
    "dahms-2023": ("10.1186/s40001-023-01072-z", None, "PMC9959952", (), "2023-02-25", None, None, None),
    "davidson-2022": ("10.1002/14651858.CD015308", "35080773", "PMC8791232", (), "2022-01-26", None, None, None),
}  # fmt: skip

# randomised and analysed, with anakinra and without
SIZES = {
    "elmekaty-2023": (40, None, 40, None),
    "audemard-verger-2022": (37, None, 34, None),
    "balkhair-2021": (None, 45, None, 24),
    "kyriazopoulou-2021-save-more": (None, 405, None, 189),
    "corimuno-ana-1-2021": (59, 59, 57, 55),
    "kharazmi-2022": (None, 15, None, 15),
    "nct04362111-2021": (15, 15, 17, 15),
    "kyriazopoulou-2021-save": (None, 130, None, 130),
    "franzetti-2021": (None, 56, None, 56),
    "segala-2023": (None, 56, None, 49),
    "huet-2020": (None, 52, None, 44),
    "derde-2021-remap-cap": (None, 378, None, 418),
    "declercq-2021-cov-aid": (None, 43, None, 72),
    "fanlo-2023": (92, 83, 87, 78),
    "kooistra-2020": (None, 21, None, 39),
}

AUTHORS_COMPLETE = {"barkas-2021": 6, "aouba-2020": 7, "atagunduz-2021": 3, "segala-2023": 9} | {
    "dahms-2023": 6, "fanlo-2023": 13, "kooistra-2020": 12,
}  # fmt: skip


@pytest.fixture(scope="module")
def review() -> Review:
    return load(FOLDER)


def test_all_studies_are_there(review: Review) -> None:
    assert {study.id for study in review.studies} == set(IDENTITY)


def test_every_count_and_no_other(review: Review) -> None:
    found = {}
    for study in review.studies:
        for result in study.results:
            if result.kinds != {"counts"}:
                continue
            e, c = result.arms["anakinra"], result.arms["control"]
            key = (study.id, result.outcome, result.time)
            found[key] = (e.events, e.total, c.events, c.total, result.source.document, result.source.level)
    assert {key: value[:4] for key, value in found.items()} == {key: value[:4] for key, value in COUNTS.items()}
    for key, (*_, document, level) in COUNTS.items():
        assert document in found[key][4]
        assert found[key][5] == level


#: Study and outcome to the effects, or to median, quartiles and people of both arms.
MORE = {
    ("kyriazopoulou-2021-save-more", "death-time-to-event"): [
        ("HR", 0.48, (0.22, 1.04), None, ()), ("HR", 0.45, None, 0.045, ()),
    ],
    ("kyriazopoulou-2021-save", "death-time-to-event"): [("HR", 0.49, (0.25, 0.97), None, ("propensity matching",))],
    ("segala-2023", "stay"): [(11, 8, 18, 56), (15, 10, 23, 49)],
    ("segala-2023", "oxygen-days"): [(10, 8, 15, 56), (14, 9, 20, 49)],
    ("huet-2020", "invasive-ventilation-or-death"): [
        ("HR", 0.22, (0.11, 0.41), None, ()), ("HR", 0.22, (0.10, 0.49), None, ("covariates not in the abstract",)),
    ],
}  # fmt: skip


def test_every_effect_and_median_and_no_other(review: Review) -> None:
    found = {}
    for study in review.studies:
        for result in study.results:
            arms = [(a.median, a.q1, a.q3, a.total) for a in result.arms.values() if result.kinds == {"medians"}]
            held = [(e.measure, e.estimate, e.ci, e.p, e.adjusted_for) for e in result.effects] + arms
            found |= {(study.id, result.outcome): held} if held else {}
    assert found == MORE


def test_every_derivation_and_no_other(review: Review) -> None:
    found = {(s.id, r.outcome): r.source.derived for s in review.studies for r in s.results if r.source.derived}
    assert found == DERIVED


def test_every_printed_effect_and_no_other(review: Review) -> None:
    found = {
        (study.id, result.outcome): [(e.measure, e.estimate, e.ci, e.level, e.p) for e in result.reported]
        for study in review.studies
        for result in study.results
        if result.reported
    }
    assert found == REPORTED


@pytest.mark.parametrize("study_id", IDENTITY)
def test_identity_and_citation(review: Review, study_id: str) -> None:
    s = review.study(study_id)
    c = s.citation
    found = (s.doi, s.pmid, s.pmcid, s.registrations, c.published, c.volume, c.issue, c.pages)
    assert found == IDENTITY[study_id]


def test_sizes_of_the_arms(review: Review) -> None:
    found = {study.id: sizes(study) for study in review.studies if study.arms}
    assert found == SIZES
    assert review.study("kyriazopoulou-2021-save-more").randomised_total == 606
    assert review.study("elmekaty-2023").screened == 327


def sizes(study: Study) -> tuple[int | None, ...]:
    (e,), (c,) = study.arm("experimental"), study.arm("control")
    return e.randomised, e.analysed, c.randomised, c.analysed


def test_the_pools_of_barkas(review: Review) -> None:
    pools = review.study("barkas-2021").published_pools
    assert [(p.outcome, p.measure, p.estimate, p.ci, p.i2, p.k, p.n, p.p) for p in pools] == [
        ("ventilation", "OR", 0.38, (0.17, 0.85), 67, 6, 587, 0.02),
        ("death", "OR", 0.32, (0.23, 0.45), 0, 9, 1119, "<0.00001"),
        ("liver-dysfunction", "OR", 0.75, (0.48, 1.16), 28, 5, 591, ">0.05"),
        ("bacteraemia", "OR", 1.07, (0.42, 2.73), 71, 6, 727, ">0.05"),
    ]


def test_only_lists_seen_whole_are_called_complete(review: Review) -> None:
    found = {s.id: len(s.citation.authors) for s in review.studies if s.citation.authors_complete}
    assert found == AUTHORS_COMPLETE
    assert len(review.study("balkhair-2021").citation.authors) == 32


def test_who_takes_part(review: Review) -> None:
    out = {s.id: s.status.state for s in review.studies if s.status.state != "included"}
    assert out == {
        "aouba-2020": "excluded",
        "atagunduz-2021": "excluded",
        "barkas-2021": "excluded",
        "dahms-2023": "excluded",
        "davidson-2022": "excluded",
        "derde-2021-remap-cap": "awaiting data",
        "kooistra-2020": "awaiting data",
    }
    groups = {s.id: s.design_group for s in review.studies if s.status.state == "included"}
    assert sorted(s for s, group in groups.items() if group == "non-randomised") == [
        "balkhair-2021",
        "franzetti-2021",
        "huet-2020",
        "kyriazopoulou-2021-save",
        "segala-2023",
    ]


def test_the_baseline_of_the_seed_trial(review: Review) -> None:
    numbers = [(b.name, b.value, b.unit) for b in review.study("elmekaty-2023").baseline]
    assert numbers == [
        ("age, mean", 49.9, "years"),
        ("age, standard deviation", 11.7, "years"),
        ("male", 66, "people"),
        ("male", 82.5, "percent"),
    ]


def test_the_erratum_of_save_more(review: Review) -> None:
    (relation,) = review.study("kyriazopoulou-2021-save-more").relations
    assert (relation.kind, relation.doi, relation.pmid) == ("erratum", "10.1038/s41591-021-01569-2", "34625750")


def test_the_protocol(review: Review) -> None:
    plans = review.info.analyses
    assert [plan.outcome for plan in plans] == [
        "clinical-failure",
        "death",
        "ventilation",
        "serious-adverse-events",
        "infection",
        "death-time-to-event",
        "stay",
    ]
    for plan in plans[:5]:
        assert review.measure(plan) == "OR"
        assert review.outcome(plan.outcome).direction == "bad"
        assert (plan.model, plan.tau2_method, plan.ci_method) == (("common", "random"), "DL", "wald")
        assert (plan.by, plan.pool_designs, plan.common_method) == ("design", False, "MH")
    assert plans[1].time_points == ("day 28", "nearest", "in hospital", "hospital discharge")
    assert review.outcome("treatment-success").direction == "good"


def test_what_nobody_knows_yet_is_empty(review: Review) -> None:
    info = review.info
    assert (info.authors, info.registration, info.dates.searched) == ((), None, None)


def test_a_number_is_found_again(review: Review) -> None:
    line = review.line("segala-2023", "results", 1, "arms", "control", "events")
    text = (FOLDER / "segala-2023.yaml").read_text(encoding="utf-8").splitlines()[line - 1]
    assert text.strip() == "control: {events: 0, total: 49}"
