"""Plots other than the forest plot: coordinates are the numbers, no texts overlap, what says nothing is refused."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import NotEstimableError
from metaan.registry.model.public import BayesPlan, Explore, Outcome
from metaan.report.drawing.drawing import DrawnLine, DrawnText, Shape
from metaan.report.forest.forest import Plot
from metaan.report.forest.styles import STYLES
from metaan.report.language import formats
from metaan.report.language.words import Arms
from metaan.report.plots.catalogue import PLOTS, draw
from metaan.report.plots.chart import LARGEST, Chart, Dot, Path, chart, radius
from metaan.report.plots.figure import Figure, Request
from metaan.report.plots.geometry import PlotArea, clip_area, clip_path, clip_segment
from metaan.report.plots.standalone import standalone
from metaan.report.writers.terminal import table
from metaan.stats.measures.catalogue import scale_of
from metaan.stats.pooling.intervals import mean_test
from metaan.synthesis.exploration import explore
from metaan.synthesis.values import Analysis, Exploration
from metaan.workflows.publish.forest import _analysis as of_arrays

# Colditz et al. 1994: tuberculosis with the BCG vaccine and without it in 13 trials, and the distance from the equator.
BCG = [
    ("Aronson 1948", 4, 123, 11, 139, 44), ("Ferguson & Simes 1949", 6, 306, 29, 303, 55),
    ("Rosenthal et al. 1960", 3, 231, 11, 220, 42), ("Hart & Sutherland 1977", 62, 13598, 248, 12867, 52),
    ("Frimodt-Moller et al. 1973", 33, 5069, 47, 5808, 13), ("Stein & Aronson 1953", 180, 1541, 372, 1451, 44),
    ("Vandiviere et al. 1973", 8, 2545, 10, 629, 19), ("TPT Madras 1980", 505, 88391, 499, 88391, 13),
    ("Coetzee & Berjak 1968", 29, 7499, 45, 7277, 27), ("Rosenthal et al. 1961", 17, 1716, 65, 1665, 42),
    ("Comstock et al. 1974", 186, 50634, 141, 27338, 18), ("Comstock & Webster 1969", 5, 2498, 3, 2341, 33),
    ("Comstock et al. 1976", 27, 16913, 29, 17854, 33),
]  # fmt: skip
ALL = Explore.model_validate(
    {
        "leave_one_out": True, "cumulative": "precision", "influence": True, "trim_and_fill": "L0", "gosh": True,
        "regressions": [{"moderators": ["latitude"]}], "multiverse": True,
    }
)  # fmt: skip
BELIEVED = BayesPlan(tau_prior="half-normal(0.5)", mu_prior="normal(0, 4)", priors=("half-Cauchy(0.5)",))
FIGURES = [kind for kind in PLOTS if kind not in ("forest", "cumulative", "leave-one-out")]
NAMES = ("Smith 2020", "張偉 臨床試験 2021", "W" * 60, "a long name of a study, with commas, " * 3, "é👩‍⚕️")
ARMS = Arms("BCG vaccine", "no vaccine")
random_studies = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def request_of(analysis: Analysis, asked: Explore = ALL) -> Request:
    pool = analysis.pools[0]
    fit = pool.fit
    believed = BELIEVED if asked.gosh else None  # as slow: many plots do not wait for it
    found = (
        Exploration()
        if fit is None
        else explore(asked, fit, [row for row in pool.rows if row.yi is not None], believed)
    )
    return Request(analysis, replace(pool, exploration=found), found, ARMS)


@pytest.fixture(scope="module")
def bcg(make: Callable[..., Analysis]) -> Request:
    made = make({"": [row[:5] for row in BCG]}, "RR")
    latitudes = {row[0]: row[5] for row in BCG}
    rows = [_at(row, latitudes[row.label]) for row in made.pools[0].rows]
    return request_of(replace(made, pools=(replace(made.pools[0], rows=tuple(rows)),)))


def _at(row, latitude):
    moderators = [{"name": "latitude", "value": float(latitude)}]
    study = type(row.study).model_validate(row.study.model_dump() | {"moderators": moderators})
    return replace(row, study=study)


def laid_out(kind: str, asked: Request) -> Chart:
    figure = PLOTS[kind][1](asked)
    assert isinstance(figure, Figure)
    return chart(figure)


def texts(drawn: Chart) -> list[DrawnText]:
    return [item for item in drawn.items if isinstance(item, DrawnText)]


def check_texts(drawn: Chart) -> None:
    boxes = [PlotArea(*text.box) for text in texts(drawn)]
    page = PlotArea(-0.01, 0.0, drawn.width + 0.01, drawn.height)
    assert all(page.holds(box) for box in boxes)
    assert not any(a.meets(b) for a, b in combinations(boxes, 2))
    dots = [PlotArea(*item.box) for item in drawn.items if isinstance(item, Dot)]
    labels = [PlotArea(*text.box) for text in texts(drawn) if text.role == "label"]
    assert not any(label.meets(dot) for label in labels for dot in dots)
    drawn_lines = [pair for item in drawn.items if isinstance(item, Path) for pair in pairwise(item.points)]
    drawn_lines += [
        ((x.x1, x.y1), (x.x2, x.y2)) for x in drawn.items if isinstance(x, DrawnLine) and x.role == "leader"
    ]
    inner = [PlotArea(label.left + 1, label.top + 1, label.right - 1, label.bottom - 1) for label in labels]
    assert not any(clip_segment(a, b, box) for box in inner for a, b in drawn_lines)


@pytest.mark.parametrize("kind", FIGURES)
def test_no_text_covers_anything_or_leaves_the_page(bcg: Request, kind: str) -> None:
    check_texts(laid_out(kind, bcg))


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), *[st.integers(1, 40), st.integers(50, 90_000)] * 2), min_size=3, max_size=14
    )
)
@random_studies
def test_any_studies_can_be_drawn_without_overlap(analysis: Callable[..., Analysis], rows: list) -> None:
    asked = request_of(analysis({"": rows}), Explore(influence=True))
    for kind in ("funnel", "radial", "labbe", "baujat", "drapery"):
        drawn = laid_out(kind, asked)
        check_texts(drawn)
        for item in drawn.items:
            points = item.points if isinstance(item, Shape | Path) else ()
            assert all(math.isfinite(x) and math.isfinite(y) for x, y in points)


@pytest.mark.parametrize("kind", ["funnel", "radial", "labbe", "baujat", "bubble", "drapery"])
def test_the_place_of_a_dot_inverts_to_its_values(bcg: Request, kind: str) -> None:
    drawn = laid_out(kind, bcg)
    dots = [item for item in drawn.items if isinstance(item, Dot) and item.sentence]
    places = sorted(drawn.values(dot.x, dot.y) for dot in dots)
    assert len(places) >= 13
    assert places == [pytest.approx(p) for p in sorted((point.x, point.y) for point in drawn.figure.points)]


def test_a_funnel_shows_effects_and_standard_errors_with_large_studies_on_top(bcg: Request) -> None:
    drawn = laid_out("funnel", bcg)
    es = bcg.fit.effects
    studies = [(p.x, p.y) for p in drawn.figure.points if p.role == "study"]
    assert studies == [pytest.approx((math.exp(y), math.sqrt(v))) for y, v in zip(es.yi, es.vi, strict=True)]
    precise, vague = (drawn.at(1.0, se)[1] for se in (0.1, 0.6))
    assert precise < vague


def test_filled_studies_are_open_circles_without_a_name(bcg: Request) -> None:
    found = bcg.found.trim_and_fill
    assert found.k0 > 0
    filled = [p for p in PLOTS["funnel"][1](bcg).points if p.role == "filled"]
    assert [p.x for p in filled] == pytest.approx([math.exp(y) for y in found.filled.yi])
    assert not any(p.label for p in filled)
    without = Request(bcg.analysis, bcg.pool, Exploration(), ARMS)
    assert not any(p.role == "filled" for p in PLOTS["funnel"][1](without).points)


def test_the_edges_of_the_contours_are_p_values(bcg: Request) -> None:
    drawn = laid_out("funnel", bcg)
    bands = {area.role: area for area in drawn.figure.areas}
    assert set(bands) == {"contour p1", "contour p2", "contour p3"}
    found = set()
    for area in drawn.figure.areas:
        for x, se in area.points:
            if se > 0:
                p = mean_test(math.log(x), se, None)[1]
                found |= {round(p, 9)} if min(abs(p - edge) for edge in (0.1, 0.05, 0.01)) < 1e-9 else set()
    assert found == {0.1, 0.05, 0.01}


def test_a_band_lies_between_its_p_values(bcg: Request) -> None:
    limits = {"contour p1": (0.05, 0.1), "contour p2": (0.01, 0.05), "contour p3": (0.0, 0.01)}
    for area in PLOTS["funnel"][1](bcg).areas:
        foot = [(math.log(x), se) for x, se in area.points if se > 0]
        middle = sum(x for x, _ in foot) / len(foot)
        low, high = limits[area.role]
        assert low - 1e-9 <= mean_test(middle, foot[0][1], None)[1] <= high + 1e-9


def test_a_ray_of_a_radial_plot_meets_the_right_edge_at_its_effect(bcg: Request) -> None:
    figure = PLOTS["radial"][1](bcg)
    end = figure.x.axis.hi
    assert len(figure.right[1]) >= 3
    for z, label in figure.right[1]:
        assert math.exp(z / end) == pytest.approx(float(label))


def test_the_area_of_a_bubble_is_proportional_to_the_weight(bcg: Request) -> None:
    assert radius(30.0, 30.0) == LARGEST
    dots = {item.sentence.split(":")[0]: item for item in laid_out("bubble", bcg).items if isinstance(item, Dot)}
    reg = bcg.found.regressions[0]
    areas = [dots[label].radius ** 2 for label in reg.effects.slab]
    assert [a / max(areas) for a in areas] == pytest.approx((reg.weights / reg.weights.max()).tolist())


def test_the_line_of_a_bubble_plot_is_the_regression(bcg: Request) -> None:
    figure, reg = PLOTS["bubble"][1](bcg), bcg.found.regressions[0]
    line = next(curve for curve in figure.curves if curve.role == "estimate")
    intercept, slope = reg.coefficients
    assert [math.log(y) for _, y in line.points] == pytest.approx([intercept + slope * x for x, _ in line.points])
    lower = figure.areas[0].points[: len(line.points)]
    assert all(low < middle for (_, low), (_, middle) in zip(lower, line.points, strict=True))


def test_labbe_has_the_risks_and_the_curve_of_the_pooled_effect(bcg: Request) -> None:
    figure = PLOTS["labbe"][1](bcg)
    assert [(p.x, p.y) for p in figure.points] == [pytest.approx((c / n2, a / n1)) for _, a, n1, c, n2, _ in BCG]
    curve = next(curve for curve in figure.curves if curve.role == "estimate")
    ratio = bcg.fit.display.estimate
    assert all(y == pytest.approx(ratio * x) for x, y in curve.points)


def test_the_shaded_part_of_a_posterior_is_its_interval(bcg: Request) -> None:
    fit, figure = bcg.found.bayes.fit, PLOTS["posterior"][1](bcg)
    [area] = figure.areas
    assert [area.points[0][0], area.points[-1][0]] == pytest.approx([fit.display(x) for x in fit.mu.ci])
    curves = {curve.sentence: curve.points for curve in figure.curves}
    assert set(curves) == {"no effect", "prior of the mean", "a new study", "posterior of the mean"}
    for sentence, pdf in (("posterior of the mean", fit.mu.pdf), ("a new study", fit.prediction.pdf)):
        x, y = curves[sentence][60]
        assert y == pytest.approx(pdf(math.log(x)))


def test_prior_and_posterior_of_the_heterogeneity_are_their_densities(bcg: Request) -> None:
    fit, figure = bcg.found.bayes.fit, PLOTS["heterogeneity"][1](bcg)
    curves = {curve.sentence: curve.points for curve in figure.curves}
    for sentence, of in (("posterior of τ", fit.tau), ("prior of τ", fit.tau_prior)):
        x, y = curves[sentence][60]
        assert y == pytest.approx(of.pdf(x))
    [area] = figure.areas
    assert [area.points[0][0], area.points[-1][0]] == pytest.approx([*fit.tau.ci], abs=1e-2)
    improper = replace(bcg.found.bayes, fit=ma.bayes(bcg.fit.effects, "Jeffreys", None))
    drawn = PLOTS["heterogeneity"][1](replace(bcg, found=Exploration(bayes=improper)))
    assert [curve.sentence for curve in drawn.curves] == ["posterior of τ"]
    assert "improper and not drawn" in drawn.notes[0]


def test_the_drapery_of_the_pooled_effect_crosses_the_level_at_its_interval(bcg: Request) -> None:
    curve = next(c for c in PLOTS["drapery"][1](bcg).curves if c.role == "estimate")
    inside = [x for x, p in curve.points if p > 0.05]
    ci = bcg.fit.display.ci
    assert ci.lb <= min(inside) < max(inside) <= ci.ub
    assert max(p for _, p in curve.points) == 1


def test_every_subset_is_in_a_cell_of_gosh(bcg: Request) -> None:
    figure = PLOTS["gosh"][1](bcg)
    assert "8178 subsets" in figure.notes[0]
    found = bcg.found.gosh
    boxes = [(a.points[0], a.points[2]) for a in figure.areas]
    back = scale_of("RR").to_display
    for i in range(0, len(found), 97):
        if found.k[i] > 1:
            x, y = back(found.estimate[i]), found.i2[i]
            near = 1e-9
            assert any(a <= x * (1 + near) and x <= c * (1 + near) and b <= y <= d for (a, b), (c, d) in boxes)


@pytest.mark.parametrize(("kind", "field"), [("leave-one-out", "leave_one_out"), ("cumulative", "cumulative")])
def test_repeated_forests_have_a_row_a_fit(bcg: Request, kind: str, field: str) -> None:
    plot, refits = PLOTS[kind][1](bcg), getattr(bcg.found, field)
    assert isinstance(plot, Plot)
    rows = plot.rows[:-1]
    assert [row.label.removesuffix(" *") for row in rows] == list(refits.slab)
    assert [row.mark.estimate for row in rows] == pytest.approx([math.exp(x) for x in refits.estimate])
    whole = refits.whole.display.ci
    assert [row.label for row in rows if row.label.endswith("*")] == [
        f"{label} *"
        for label, fit in zip(refits.slab, refits.fits, strict=True)
        if (fit.display.ci.lb <= 1 <= fit.display.ci.ub) != (whole.lb <= 1 <= whole.ub)
    ]
    assert plot.rows[-1].mark.interval == refits.whole.display.ci


def test_a_row_whose_conclusion_differs_is_marked_and_explained(analysis: Callable[..., Analysis]) -> None:
    rows = [("A", 2, 100, 20, 100), ("B", 15, 100, 17, 100), ("C", 14, 100, 16, 100)]
    made = analysis({"": rows})
    made = replace(made, pools=(replace(made.pools[0], fits={"common": made.pools[0].common}),))
    plot = PLOTS["leave-one-out"][1](request_of(made, Explore(leave_one_out=True)))
    assert [(row.label, row.mark.role) for row in plot.rows] == [
        ("A *", "changed"), ("B", "study"), ("C", "study"), ("All studies", "common"),
    ]  # fmt: skip
    assert "* The conclusion is not that of all studies." in plot.notes


REFUSED = {
    "funnel": (2, "at least 3 studies"),
    "baujat": (2, "at least 3 studies"),
    "gosh": (3, "fewer than 4 studies"),
    "radial": (1, "one study"),
    "drapery": (1, "one study"),
    "labbe": (1, "one study"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_too_few_studies_are_refused_with_the_reason(analysis: Callable[..., Analysis], kind: str) -> None:
    k, why = REFUSED[kind]
    rows = [(f"S{i}", 5 + i, 50, 9, 50) for i in range(k)]
    with pytest.raises(NotEstimableError, match=why):
        draw(kind, request_of(analysis({"": rows})))


@pytest.mark.parametrize(
    "kind", ["baujat", "gosh", "bubble", "leave-one-out", "cumulative", "posterior", "heterogeneity"]
)
def test_what_was_not_explored_is_refused(bcg: Request, kind: str) -> None:
    with pytest.raises(NotEstimableError, match="was not asked for"):
        draw(kind, replace(bcg, found=Exploration()))


def test_the_reason_of_a_refusal_is_kept(analysis: Callable[..., Analysis]) -> None:
    asked = request_of(analysis({"": [(f"S{i}", 5 + i, 50, 9, 50) for i in range(5)]}))
    with pytest.raises(NotEstimableError, match="no moderator 'latitude'"):
        draw("bubble", asked)


def test_a_factor_has_no_bubble_plot(bcg: Request) -> None:
    one = replace(bcg.found.regressions[0], references={"latitude": "13"})
    with pytest.raises(NotEstimableError, match="one numeric moderator"):
        draw("bubble", replace(bcg, found=Exploration(regressions=(one,))))


@pytest.mark.parametrize("kind", PLOTS)
def test_the_markup_is_named_well_formed_and_the_same_each_time(bcg: Request, kind: str) -> None:
    text = str(draw(kind, bcg))
    assert text == str(draw(kind, bcg))
    root = ET.fromstring(text)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) >= 3
    assert set(root.get("aria-labelledby").split()) <= set(ids)
    assert root.get("role") == "img"
    assert "style=" not in text
    assert not re.search(r'(x|y|cx|cy|r|points)="[^"]*(nan|inf)', text)


@pytest.mark.parametrize("kind", PLOTS)
def test_text_from_outside_is_escaped(analysis: Callable[..., Analysis], kind: str) -> None:
    evil = "<script>alert('x')</script>"
    rows = [(f"{evil}{i}", 5 + i, 50, 9, 50) for i in range(5)]
    made = analysis({"": rows})
    made = replace(made, outcome=made.outcome.model_copy(update={"name": evil}))
    asked = request_of(made, Explore.model_validate(ALL.model_dump() | {"regressions": [{"moderators": ["year"]}]}))
    years = [2000 + i for i in range(5)]
    if kind == "bubble":
        from metaan.stats.regression.fit_regression import meta_regression

        asked = replace(asked, found=Exploration(regressions=(meta_regression(asked.fit.effects, {evil: years}),)))
    text = str(draw(kind, asked))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    ET.fromstring(text)


def test_any_name_of_a_subgroup_makes_an_id(bcg: Request) -> None:
    pools = tuple(replace(bcg.pool, name=name) for name in ("systematic", 'a "b" <c>', "a 'b' (c)"))
    analysis = replace(bcg.analysis, pools=pools)
    ids = [replace(bcg, analysis=analysis, pool=pool).id for pool in pools]
    assert ids == ["death.systematic", "death.a-b-c.2", "death.a-b-c.3"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", PLOTS)
def test_a_file_of_its_own_needs_nothing_else(bcg: Request, kind: str, style: str) -> None:
    text = str(standalone(kind, bcg, style))
    root = ET.fromstring(text)
    namespace = "{http://www.w3.org/2000/svg}"
    css = root.find(f"{namespace}style").text
    assert "var(" not in css
    assert "Liberation Sans" in css
    assert not re.search(r"url\(|href|@import|script", text)
    used = {name for element in root.iter() for name in (element.get("class") or "").split()}
    if "square" in used:
        assert ".square" in css


def test_greyscale_has_no_colour(bcg: Request) -> None:
    for found in re.findall(r"#([0-9a-fA-F]{6})", str(standalone("funnel", bcg, "greyscale"))):
        red, green, blue = (int(found[i : i + 2], 16) for i in (0, 2, 4))
        assert max(red, green, blue) - min(red, green, blue) <= 8


points = st.tuples(st.floats(-200, 200), st.floats(-200, 200))
FRAME = PlotArea(0.0, 0.0, 100.0, 60.0)


@given(st.lists(points, min_size=3, max_size=6))
@settings(max_examples=50)
def test_what_is_cut_off_lies_inside(outline: list) -> None:
    near = 1e-9
    room = PlotArea(-near, -near, 100 + near, 60 + near)
    for x, y in clip_area(outline, FRAME):
        assert room.holds(PlotArea(x, y, x, y))
    for piece in clip_path(outline, FRAME):
        assert all(room.holds(PlotArea(x, y, x, y)) for x, y in piece)


def test_cutting_keeps_what_is_inside_and_drops_what_is_not() -> None:
    inside = ((10.0, 10.0), (50.0, 10.0), (30.0, 40.0))
    assert set(clip_area(inside, FRAME)) == set(inside)
    assert clip_path(inside, FRAME) == [inside]
    assert clip_segment((-5.0, 30.0), (105.0, 30.0), FRAME) == ((0.0, 30.0), (100.0, 30.0))
    assert clip_segment((-5.0, 70.0), (105.0, 70.0), FRAME) is None
    assert len(clip_path([(10.0, 10.0), (10.0, 90.0), (50.0, 90.0), (50.0, 10.0)], FRAME)) == 2
    assert clip_area([(200.0, 200.0), (300.0, 200.0), (300.0, 300.0)], FRAME) == ()


@pytest.mark.parametrize("code", ["PFT", "IRFT", "PLO", "IRLN"])
def test_a_study_stands_at_its_own_proportion_or_rate(code):
    events, sizes = [3, 6, 4, 8, 2, 12, 30], [10, 20, 15, 40, 8, 90, 400]
    es = ma.effect_sizes(code, xi=events, **{"ni" if code.startswith("P") else "ti": sizes})
    fit = ma.pool(es)
    analysis = of_arrays({"random": fit}, Outcome(id="effect", name="effect", direction="bad"), None)
    found = Exploration(regressions=(ma.meta_regression(es, {"x": range(7)}, "x"),))
    asked = Request(analysis, analysis.pools[0], found, ARMS)
    want = [x / n for x, n in zip(events, sizes)]
    for kind, coordinate in (("funnel", "x"), ("drapery", "x"), ("bubble", "y")):
        shown = [getattr(point, coordinate) for point in PLOTS[kind][1](asked).points]
        assert shown == pytest.approx(want, rel=1e-6), kind
    said = [point.sentence for point in PLOTS["radial"][1](asked).points]
    assert all(formats.number(x) in text for x, text in zip(want, said))
    assert [row.estimate for row in analysis.rows] == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize("code", ["PLO", "IRLN", "ZCOR", "ARAW", "MD"])
def test_only_what_compares_is_drawn_against_no_effect(code):
    es = ma.EffectSizes.of([0.55, 0.6, 0.65, 0.7, 0.72, 0.8], [0.004, 0.003, 0.002, 0.005, 0.01, 0.02], measure=code)
    fit = ma.pool(es)
    analysis = of_arrays({"random": fit}, Outcome(id="effect", name="effect", direction="bad"), None)
    reg = ma.meta_regression(es, {"x": range(6)}, "x")
    again = {"leave_one_out": ma.leave_one_out(fit), "cumulative": ma.cumulative(fit)}
    asked = Request(analysis, analysis.pools[0], Exploration(regressions=(reg,), gosh=ma.gosh(es), **again), ARMS)
    for kind in ("forest", "leave-one-out", "cumulative"):
        assert (PLOTS[kind][1](asked).favours is None) == (code != "MD")
    for width in (60, 120):
        text = table(analysis, ARMS, width=width)
        assert (" | " in text or "Left of" in text) == (ARMS.control in text.lower()) == (code == "MD")
    for kind in ("funnel", "radial", "bubble", "drapery", "gosh"):
        figure = PLOTS[kind][1](asked)
        drawn = [curve.role for curve in figure.curves] + [key.role for key in figure.keys]
        shaded = any("contour" in area.role for area in figure.areas) or "Shaded" in " ".join(figure.notes)
        assert drawn.count("null") == (2 if code == "MD" else 0), kind
        assert shaded == (code == "MD" and kind == "funnel")
