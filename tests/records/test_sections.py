import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.records.sections import LONGEST, sections, title_markup


def parts(text):
    return [(part.label, part.text) for part in sections(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, []),
        ("", []),
        ("<p> </p>", []),
        ("Just words, p < 0.05 & more", [(None, "Just words, p &lt; 0.05 &amp; more")]),
        ("<h4>Aim</h4>One.<h4>Results: </h4>Two.", [("Aim", "One."), ("Results", "Two.")]),
        ("Before. <h4>Aim</h4>One.", [(None, "Before."), ("Aim", "One.")]),
        (
            "<jats:title>Abstract</jats:title><jats:sec><jats:title>Aim</jats:title><jats:p>A<jats:sub>1</jats:sub></jats:p>"
            '<jats:p xml:lang="en">and <jats:italic toggle="yes">B</jats:italic></jats:p></jats:sec>',
            [("Aim", "A<sub>1</sub> and <i>B</i>")],
        ),
        ("<h4>Aim of an unclosed heading", [(None, "Aim of an unclosed heading")]),
        ("a <b>open and <i>crossed</b> over</i>", [(None, "a <b>open and <i>crossed</i></b> over")]),
        ("&lt;i&gt;twice&lt;/i&gt; escaped", [(None, "<i>twice</i> escaped")]),
        ("x<y and z>w", [(None, "x&lt;y and z&gt;w")]),
    ],
)
def test_sections_are_read(text, found):
    assert parts(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "<i onclick='x()'>a</i>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<a href='javascript:x'>a</a>",
        "<svg/onload=x>",
        "\x00<h4>a\x00</h4>b",
    ],
)
def test_nothing_else_stays_a_tag(text):
    for made in (title_markup(text), *(part.text for part in sections(text))):
        assert set(re.findall(r"</?[a-z]+[^>]*>", made)) <= {"<i>", "</i>"}


@given(st.text(alphabet="<>/&;=\"' \x00abih4psubtle:", max_size=200))
@settings(max_examples=50)
def test_no_word_is_lost_and_no_other_tag_made(text):
    made = title_markup(text)
    assert re.fullmatch(r"(?:[^<>]|</?(?:i|b|sub|sup)>)*", made)
    assert made.count("<i>") == made.count("</i>")


def test_what_is_no_abstract_is_cut():
    assert len(sections("é" * (LONGEST + 5))[0].text) == LONGEST
    assert len(title_markup("<" * 1_000_000)) == 4 * LONGEST
