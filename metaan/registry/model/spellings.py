"""What people write for the keys of files, where it does not look like the key that is meant."""


def meant_by(key: str) -> str:
    """Return the key that is meant by another; empty where none is known.

    >>> meant_by("Person_Years"), meant_by("events")
    ('time', '')
    """
    return MEANT.get(key.casefold().replace("_", " ").replace("-", " "), "")


#: What people write for a key -> the key, where it does not look like it.
MEANT = {
    **dict.fromkeys(("deaths", "dead", "died", "cases", "n events", "event", "responders", "x", "r"), "events"),
    **dict.fromkeys(("n", "number", "size", "patients", "people", "participants", "denominator", "n total"), "total"),
    **dict.fromkeys(("value", "effect", "or", "rr", "hr", "md", "smd"), "estimate"),
    **dict.fromkeys(("person years", "py", "person time", "years at risk", "patient years", "exposure"), "time"),
    **dict.fromkeys(("std", "stdev", "standard deviation", "s d"), "sd"),
    **dict.fromkeys(("sem", "standard error", "s e"), "se"),
    **dict.fromkeys(("average", "mean value"), "mean"),
    **dict.fromkeys(("p25", "lower quartile", "first quartile"), "q1"),
    **dict.fromkeys(("p75", "upper quartile", "third quartile"), "q3"),
    **dict.fromkeys(("minimum", "lowest"), "min"),
    **dict.fromkeys(("maximum", "highest"), "max"),
    **dict.fromkeys(("correlation", "cor", "rho"), "r"),
    **dict.fromkeys(("effects", "contrast", "hazard ratio"), "effect"),
    **dict.fromkeys(("95% ci", "95 ci", "ci95", "interval", "confidence interval"), "ci"),
    **dict.fromkeys(("timepoint", "time point", "follow up", "day"), "time"),
    **dict.fromkeys(("type", "study design"), "kind"),
    **dict.fromkeys(("name", "study", "title"), "label"),
}
