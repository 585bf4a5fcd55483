"""The XML of WHO's ICTRP search portal -> `Record`: its elements are the columns of its tables, one a trial."""

from __future__ import annotations

from ...records.markup import clean_text
from ...records.record import Read
from ..formats.xml_guard import sound_tree
from ..net.answers import UnreadableError
from .tables import records_of


def parse_ictrp(body: bytes) -> Read:
    """Return the trials of an export.

    Raises
    ------
    UnreadableError
        It is cut off, garbled, declares entities, or is another kind of document.
    SourceError
        Its trials have neither titles nor numbers.

    Examples
    --------
    >>> trial = b"<Trial><TrialID>NCT01234567</TrialID><Public_title>A</Public_title></Trial>"
    >>> body = b"<Trials_downloaded_from_ICTRP>" + trial + b"</Trials_downloaded_from_ICTRP>"
    >>> record = parse_ictrp(body).records[0]
    >>> record.title, record.registrations
    ('A', ('NCT01234567',))
    """
    root = sound_tree(body)
    trials = [*root.iter("Trial"), *root.iter("trial")]
    if not trials:
        if len(root):
            raise UnreadableError(f"trials of ICTRP were due, {clean_text(root[0].tag)[:60]} came")
        return Read(())
    names = list(dict.fromkeys(child.tag for trial in trials for child in trial))
    rows = [
        (
            at,
            [
                "; ".join(filter(None, (clean_text("".join(one.itertext())) for one in trial.findall(name))))
                for name in names
            ],
        )
        for at, trial in enumerate(trials, start=1)
    ]
    return records_of(names, rows, "ictrp")
