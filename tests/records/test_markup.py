import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.records.markup import TAGS, clean_text, escape, inline_markup, plain_text


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("IL-1<sub>b</sub>", "IL-1<sub>b</sub>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<i onclick=alert(1)>x</i>", "&lt;i onclick=alert(1)&gt;x"),
        ("<I>x</I>", "&lt;I&gt;x&lt;/I&gt;"),
        ("<i><b>x</i>y</b>", "<i><b>x</b></i>y"),
        ("<sup>2", "<sup>2</sup>"),
        ("</i>x", "x"),
        ("a<b and c>d", "a&lt;b and c&gt;d"),
        ("&lt;i&gt;", "&amp;lt;i&amp;gt;"),
        ("<<i>i>x</i>", "&lt;<i>i&gt;x</i>"),
        ("<scr<i>ipt>", "&lt;scr<i>ipt&gt;</i>"),
        ('" onmouseover="x', '" onmouseover="x'),
    ],
)
def test_only_the_four_bare_tags_survive(text, markup):
    assert inline_markup(text) == markup


@given(st.lists(st.sampled_from(["<i>", "</i>", "<b>", "</sub>", "<sub>", "<script>", "<", ">", "&", "x ", "<i "])))
@settings(max_examples=50)
def test_a_sanitiser_finds_nothing_to_change(pieces):
    markup = inline_markup("".join(pieces))
    assert nh3.clean(markup, tags=set(TAGS), attributes={}) == markup


@given(st.text())
@settings(max_examples=50)
def test_escaping_and_reading_give_the_clean_text_back(text):
    assert plain_text(escape(text)) == plain_text(escape(clean_text(text)))
    assert "<" not in escape(text)


def test_what_a_terminal_would_obey_is_left_out():
    assert (
        clean_text("a\x1b]0;title\x07b\u202egnp\u2066.exe\u0000\ud800\ufffe c\u00a0d\te") == "a]0;titlebgnp.exe c d e"
    )


def test_other_scripts_stay():
    assert clean_text("אנקינרה 治療 ἀνακίνρα a\u0301 👩\u200d⚕") == "אנקינרה 治療 ἀνακίνρα a\u0301 👩\u200d⚕"


def test_huge_input_is_survived():
    assert len(inline_markup("<i>" * 200_000 + "x")) < 10
    assert inline_markup("<b>x</b>" * 50_000) == "x" * 50_000
    assert inline_markup("<" * 300_000) == "&lt;" * 300_000
