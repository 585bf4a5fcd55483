"""What is wrong with files that can be read, one module a family of checks.

To add a check, write a function that yields `Problem` and enter it in `CHECKS`, and in `WAIVABLE` where it may stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ...errors import Problem
from . import arms, counts, decisions, designs, effects, identity, judgements, moderators, protocol, waivers
from .draft import Draft

CHECKS: dict[str, Callable[[Draft], Iterable[Problem]]] = {
    "the file is named after the id": identity.file_is_named_after_id,
    "a study stands in one file": identity.study_stands_in_one_file,
    "a registration is of one study": identity.registrations_are_of_one_study,
    "numbers stand under one id": identity.numbers_stand_under_one_id,
    "ids are unique within a file": identity.ids_are_unique,
    "outcomes are known": protocol.outcomes_are_known,
    "analyses are told apart": protocol.analyses_are_told_apart,
    "nearest has a day to be near to": protocol.nearest_has_a_day,
    "comparisons have a direction": protocol.comparisons_have_a_direction,
    "methods go together": protocol.methods_go_together,
    "subgroups are by a known moderator": moderators.subgroups_are_by_a_known_moderator,
    "regressions are on known moderators": moderators.regressions_are_on_known_moderators,
    "moderators are spelt alike": moderators.moderators_are_spelt_alike,
    "related studies are known": protocol.related_studies_are_known,
    "both roles have an arm": arms.both_roles_have_an_arm,
    "treatments are known": arms.treatments_are_known,
    "results have both roles": arms.results_have_both_roles,
    "arms that are named have numbers": arms.arms_that_are_named_have_numbers,
    "arms are known": arms.arms_are_known,
    "events are within the total": counts.events_within_total,
    "nobody is counted twice": counts.numbers_of_people_fit,
    "intervals are sound": effects.intervals_are_sound,
    "ratios are above 0": effects.ratios_are_positive,
    "exclusion has a reason": designs.state_has_a_reason,
    "decisions are followed": decisions.decisions_are_followed,
    "one decision stands": decisions.one_decision_stands,
    "a control has a kind": designs.control_has_a_kind,
    "only studies are pooled": designs.only_studies_are_pooled,
    "bias is judged with a known tool": judgements.bias_tools_are_known,
    "domains of bias are the tool's": judgements.bias_domains_are_the_tools,
    "overall bias is no better than its domains": judgements.overall_is_no_better_than_its_domains,
    "bias is judged once": judgements.bias_is_judged_once,
    "certainty is of an analysis": judgements.certainty_is_of_an_analysis,
    "certainty is judged once": judgements.certainty_is_judged_once,
    "what changes certainty has a reason": judgements.certainty_has_reasons,
    "certainty follows its domains": judgements.certainty_follows_its_domains,
    "only reviews have published pools": designs.only_reviews_have_pools,
    "waivers are of checks": waivers.waivers_are_of_checks,
}


#: Checks that `metaan check` holds people to, and that let a review be read and pooled: what they find can be so.
DOUBTS = frozenset((
    "a registration is of one study",
    "numbers stand under one id",
    "regressions are on known moderators",
    "moderators are spelt alike",
    "certainty follows its domains",
))  # fmt: skip


def problems(draft: Draft) -> Iterator[tuple[str, Problem]]:
    """Yield what all checks find, each with the name of its check."""
    return ((name, problem) for name, check in CHECKS.items() for problem in check(draft))
