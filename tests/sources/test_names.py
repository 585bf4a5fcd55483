"""Names as databases write them."""

import pytest

from metaan.sources.names import initials, short_name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Doe, Jane Quincy", "Doe JQ"),
        ("Doe,J.Q.", "Doe JQ"),
        ("Doe, JQ", "Doe JQ"),
        ("Doe, Jane, Jr.", "Doe J Jr."),
        ("van der Berg, Jean-Marc", "van der Berg JM"),
        ("Liu R.", "Liu R"),
        ("Smith J.A.", "Smith JA"),
        ("J.-A. Smith", "Smith JA"),
        ("A. B. van der Berg", "van der Berg AB"),
        ("The RECOVERY Collaborative Group", "The RECOVERY Collaborative Group"),
        ("Doe, ", "Doe"),
        (" ", None),
        ("Ørsted, Åse", "Ørsted Å"),
    ],
)
def test_short_name(raw, name):
    assert short_name(raw) == name


def test_initials_of_what_is_no_name():
    assert initials("") == ""
    assert initials("123") == ""
