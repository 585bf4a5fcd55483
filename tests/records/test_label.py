import pytest

from metaan.records.label import family_name, label_of, slug, unique_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Elmekaty 2023", "elmekaty-2023"),
        ("Audemard-Verger 2022", "audemard-verger-2022"),
        ("Straße Łódź Ærø", "strasse-lodz-aero"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON\x00.yaml", "con-yaml"),
        ("王", ""),
        ("x" * 100, "x" * 40),
    ],
)
def test_a_slug_is_safe_as_a_file_name(text, expected):
    assert slug(text) == expected


@pytest.mark.parametrize(
    ("author", "family"),
    [
        ("Doe J", "Doe"),
        ("van der Berg AB Jr", "van der Berg"),
        ("Al Busaidi M", "Al Busaidi"),
        ("Ångström Å", "Ångström"),
        ("Plato", "Plato"),
        ("The RECOVERY Collaborative Group", "RECOVERY Collaborative Group"),
    ],
)
def test_the_family_name(author, family):
    assert family_name(author) == family


def test_a_label_without_author_or_year():
    assert label_of((), "[A translated title about something.]", None) == "A translated title"


def test_an_id_is_always_new_and_always_one():
    taken = set()
    for _ in range(3):
        taken.add(unique_id("王 2024", taken))
    assert taken == {"study-2024", "study-2024-2", "study-2024-3"}
    assert unique_id("王", taken) == "study"
