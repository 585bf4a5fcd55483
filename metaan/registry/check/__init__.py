"""What is wrong with files that can be read, one module a family of checks.

To add a check, write a function that yields `Problem` and enter it in `CHECKS`; how grave it is, and whether it may
stand, says a table of `waivers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ...errors import Problem
from . import (
    arms,
    between,
    contrasts,
    counts,
    decisions,
    designs,
    effects,
    identity,
    judgements,
    means,
    moderators,
    protocol,
    waivers,
)
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
    "percentages are of people": counts.percentages_are_of_people,
    "intervals are sound": effects.intervals_are_sound,
    "ratios are above 0": effects.ratios_are_positive,
    "means lie in their intervals": contrasts.means_lie_in_their_intervals,
    "intervals are symmetric": contrasts.intervals_are_symmetric,
    "intervals agree with p": contrasts.intervals_agree_with_p,
    "intervals have their level": contrasts.intervals_have_their_level,
    "medians are in order": means.medians_are_in_order,
    "standard deviations are above 0": means.deviations_are_above_zero,
    "standard deviations fit their errors": means.deviations_fit_their_errors,
    "standard deviations are no standard errors": between.deviations_are_no_errors,
    "differences are within reason": between.differences_are_within_reason,
    "means are of whole points": means.means_are_of_whole_points,
    "means are in one unit": between.units_are_those_of_the_others,
    "means may be in another unit": between.units_may_be_others,
    "final values and changes are kept apart": between.values_are_alike,
    "quantiles are symmetric": means.quantiles_are_symmetric,
    "means are of symmetric data": means.means_are_of_symmetric_data,
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


def problems(draft: Draft) -> Iterator[tuple[str, Problem]]:
    """Yield what all checks find, each with the name of its check."""
    return ((name, problem) for name, check in CHECKS.items() for problem in check(draft))
