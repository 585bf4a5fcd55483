import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.extraction.proposal import Passage
from metaan.extraction.text.number_words import whole
from metaan.extraction.text.patterns import find


def cells(text):
    return [
        (c.events, c.total, str(c.percent) if c.percent else None) for f in find(Passage("", text)) for c in f.cells
    ]


def effects(text):
    found = [f.effect for f in find(Passage("", text)) if f.effect]
    return [(e.measure, e.estimate, e.ci) if e.p is None else e.p for e in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("87.5% (n = 35) were well", [(35, None, "87.5%")]),
        ("87.5 % [n=35; more]", [(35, None, "87.5%")]),
        ("87·5% (35/40)", [(35, 40, "87.5%")]),
        ("87.5% (35 of 40 patients)", [(35, 40, "87.5%")]),
        ("87.5% of patients (35)", [(35, None, "87.5%")]),
        ("35 (87.5%) were well", [(35, None, "87.5%")]),
        ("35 patients (87.5%)", [(35, None, "87.5%")]),
        ("35/40 (87.5%)", [(35, 40, "87.5%")]),
        ("35 of 40 patients (87.5%)", [(35, 40, "87.5%")]),
        ("11 of 37", [(11, 37, None)]),
        ("11 of the 37 patients", [(11, 37, None)]),
        ("11 out of 37", [(11, 37, None)]),
        ("1,024 of 2,048 (50%)", [(1024, 2048, "50%")]),
        ("13 (3.2%) vs 13 (6.9%)", [(13, None, "3.2%"), (13, None, "6.9%")]),
        ("9 and 3 patients had died", [(9, None, None), (3, None, None)]),
        ("Nine vs. three patients died", [(9, None, None), (3, None, None)]),
        ("20.0% vs 66.7%", [(None, None, "20.0%"), (None, None, "66.7%")]),
        ("COVID-19 (87%)", [(None, None, "87%")]),
        ("95% CI 0.1 to 0.9", []),
        ("95% confidence interval", []),
        ("on 10/12/2020", []),
        ("37 of 11", []),
        ("101% of something", []),
        ("12.5 of 40", []),
        ("in 2020 of", []),
        ("I2 67%", []),
        ("a dose of 100 mg", []),
        ("45.35 (87%)", [(None, None, "87%")]),
    ],
)
def test_counts(text, expected):
    assert cells(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OR = 1.762 (95%CI: 0.39-7.93)", [("OR", 1.762, (0.39, 7.93))]),
        ("OR 0.23 [95% CI 0.06 to 0.91]", [("OR", 0.23, (0.06, 0.91))]),
        ("odds ratio [OR] 0·23 [95% CI 0·06–0·91]", [("OR", 0.23, (0.06, 0.91))]),
        ("HR, 0.49; 95% CI, 0.25 to 0.97", [("HR", 0.49, (0.25, 0.97))]),
        ("hazard ratio for death 0.49 (0.25 to 0.97)", [("HR", 0.49, (0.25, 0.97))]),
        ("risk ratio 0.69, 95% confidence interval 0.31 to 1.56", [("RR", 0.69, (0.31, 1.56))]),
        ("RD −0.037 (95% CI −0.077 to 0.003)", [("RD", -0.037, (-0.077, 0.003))]),
        ("absolute risk difference -21%, 95% CI -39% to -2%", [("RD", -0.21, (-0.39, -0.02))]),
        ("risk difference -21 percentage points (95% CI, -39 to -2)", [("RD", -0.21, (-0.39, -0.02))]),
        ("OR = 2", [("OR", 2.0, None)]),
        ("OR 2", []),
        ("FOR = 2", []),
        ("p = 0.712", [0.712]),
        ("P=.04", [0.04]),
        ("p-value < 0.001", ["<0.001"]),
        ("p<.001", ["<0.001"]),
        ("p <= 0.05", ["≤0.05"]),
        ("p=1.0", [1.0]),
        ("p = 3", []),
        ("step = 0.5", []),
    ],
)
def test_effects_and_p_values(text, expected):
    assert effects(text) == expected


def test_an_effect_keeps_its_level_its_kind_and_what_is_odd_about_it():
    found = [
        f.effect
        for f in find(Passage("", "aOR 0.97 (90% CrI 0.62 to 1.52); OR 0.5 (0.2 to 0.9); RD -2% (95% CI -4 to 1)"))
    ]
    assert [(e.level, e.interval, e.note) for e in found] == [
        (0.9, "credible", "adjusted"),
        (0.95, "confidence", "the level of the interval is not printed"),
        (0.95, "confidence", "printed in percent"),
    ]


def test_the_size_of_a_group_is_no_count_of_events():
    found = list(find(Passage("", "anakinra (n = 37) or control (n=34)")))
    assert [f.size for f in found] == [37, 34]
    assert not any(f.cells for f in found)


def test_numbers_in_words():
    assert [whole(word) for word in ("none", "One", "TWENTY", "12,345")] == [0, 1, 20, 12345]


pieces = st.sampled_from(
    ["35", "40", " (", ")", "%", " of ", "/", "n = ", "OR ", "95% CI ", " to ", "-", "p < ", "0.05", "1,024", "and ",
     " patients", "day 28", "; ", ". ", "·", "−", "\u00a0", "é", "\U0001f600", "<b>", "\x00", "\n"]
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(pieces, max_size=40).map("".join) | st.text(max_size=80))
def test_spans_quote_the_text_exactly(text):
    last = 0
    for found in find(Passage("", text)):
        assert last <= found.start < found.end <= len(text)
        last = found.end
        for span in [cell.span for cell in found.cells] + ([found.effect.span] if found.effect else []):
            assert text[span.start : span.end] == span.quote
            assert found.start <= span.start <= span.end <= found.end


@settings(max_examples=50)
@given(
    st.integers(0, 900),
    st.integers(1, 900),
    st.sampled_from(["{e}/{n}", "{e} of {n}", "{e} out of {n} patients", "{e} of the {n} people"]),
)
def test_events_and_total_come_back(events, more, form):
    total = events + more
    assert cells("Death: " + form.format(e=events, n=total) + ".") == [(events, total, None)]
