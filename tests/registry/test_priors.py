"""Priors of review.yaml are checked where they stand."""

import shutil

import pytest

import metaan as ma
from metaan.errors import RegistryError


@pytest.mark.parametrize(
    ("block", "where", "says"),
    [
        ("{tau_prior: half-norml(0.5)}", "tau_prior", "did you mean half-normal"),
        ("{tau_prior: half-normal}", "tau_prior", "allowed: half-normal(scale)"),
        ("{tau_prior: half-normal(0.5), mu_prior: normal(0)}", "mu_prior", "'normal(0, 4)'"),
        ("{tau_prior: half-normal(0.5), priors: [Jefreys]}", "priors[1]", "did you mean Jeffreys"),
        ("{tau_prior: 3}", "tau_prior", "such as half-normal(0.5)"),
        ("{mu_prior: flat}", "bayes", "'tau_prior' is missing"),
        ("{tau_prior: Jeffreys, interval: equal}", "interval", "shortest"),
    ],
)
def test_a_prior_that_is_written_wrongly_is_named_with_its_line(tmp_path, block, where, says):
    folder = tmp_path / "studies"
    shutil.copytree(ma.example("anakinra"), folder)
    review = folder / "review.yaml"
    text = review.read_text(encoding="utf-8")
    review.write_text(
        text.replace("  - outcome: death\n", f"  - outcome: death\n    bayes: {block}\n", 1), encoding="utf-8"
    )
    with pytest.raises(RegistryError) as error:
        ma.load(folder)
    (problem,) = error.value.problems
    assert where in problem.where
    assert says in str(problem)
    assert problem.line > 1
