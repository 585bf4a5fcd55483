"""Names as databases write them."""

import pytest

from metaan.records.names import PARTICLES, initials, short_name
from metaan.records.same.names import name_words


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Doe, Jane Quincy", "Doe JQ"),
        ("Doe,J.Q.", "Doe JQ"),
        ("Doe, JQ", "Doe JQ"),
        ("Doe, Jane, Jr.", "Doe J Jr"),
        ("Doe, Jr., Jane", "Doe J Jr"),
        ("Doe Jr., Jane", "Doe J Jr"),
        ("Doe, Jane Q 3rd", "Doe JQ 3rd"),
        ("Doe, Jane, III", "Doe J III"),
        ("Doe, Jane Q., MD", "Doe JQ"),
        ("Doe, Jr", "Doe Jr"),
        ("Berg, Jan van der", "van der Berg J"),
        ("O'Brien-Smith, A.-B.", "O'Brien-Smith AB"),
        ("Group for Trials,", "Group for Trials"),
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


@pytest.mark.parametrize("particle", sorted(PARTICLES))
def test_a_particle_belongs_to_the_family_name_and_tells_nobody_apart(particle):
    assert short_name(f"Berg, Jan {particle}") == f"{particle} Berg J"
    assert name_words(f"{particle} Berg J") == name_words("Berg J")


def test_initials_of_what_is_no_name():
    assert initials("") == ""
    assert initials("123") == ""
