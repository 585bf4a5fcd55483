"""A study and outcomes to recognise."""

import pytest

import metaan as ma
from metaan.extraction.text.suggest import context_of


@pytest.fixture(scope="session")
def review():
    return ma.load(ma.example("anakinra"))


@pytest.fixture(scope="session")
def context(review):
    """The arms of a trial of 40 and 40 people, and the outcomes of the anakinra review."""
    return context_of(review.study("elmekaty-2023"), review.info.outcomes)
