"""What is asked of PubMed: the words of a strategy, the window of an update, and a check of the field tags.

PubMed answers an unknown tag with millions of hits and not a word of complaint, so tags are looked up here before
anything is sent. To add one: its short name in `TAGS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from ...errors import UsageError, did_you_mean

OVERLAP_DAYS = 14  # days searched again: records reach the index late, and days are those of the US east coast
UPDATE_TAGS = ("crdt", "mhda", "edat")  # added to PubMed, given MeSH terms, entered
LONGEST = 50_000  # characters of a strategy

_QUOTED = re.compile(r'"[^"]*"')
_TAG = re.compile(r"\[([^\[\]]*)\]")
_QUALIFIER = re.compile(r":(?:noexp|~\d{1,4})$")


@dataclass(frozen=True, slots=True)
class PubMedQuery:
    """A strategy, as a person wrote it, and what it is limited to.

    Attributes
    ----------
    term
        PubMed's syntax.
    since
        The start of the last complete search; records added, indexed or entered from `OVERLAP_DAYS` before it. None for
        the whole of PubMed.
    accepted
        Terms that PubMed is known to drop and a person has accepted as dropped.
    overlap_days
        How many days are searched again.
    """

    term: str
    since: date | None = None
    accepted: tuple[str, ...] = ()
    overlap_days: int = OVERLAP_DAYS

    @property
    def text(self) -> str:
        """The query as it is sent."""
        term = " ".join(self.term.split())
        return term if self.since is None else update_query(term, self.since, self.overlap_days)


def update_query(term: str, since: date, overlap_days: int = OVERLAP_DAYS) -> str:
    """Return a query for what PubMed has added, or given MeSH terms, since a day, minus an overlap.

    ``[edat]`` alone is not enough: it is set back to the publication date of what comes in a year late (NLM Technical
    Bulletin 2008, Nov-Dec). ``[mhda]`` catches what matches only after indexing.

    >>> from datetime import date
    >>> print(update_query("anakinra[tiab]", date(2026, 10, 29)))
    (anakinra[tiab]) AND ("2026/10/15"[crdt] : "3000"[crdt] OR "2026/10/15"[mhda] : "3000"[mhda] OR
    "2026/10/15"[edat] : "3000"[edat])
    """
    if overlap_days < 0:
        raise UsageError(f"an overlap of {overlap_days} days; allowed: 0 or more")
    start = date.fromordinal(max(since.toordinal() - timedelta(overlap_days).days, 1))
    window = " OR ".join(date_range(start, None, tag) for tag in UPDATE_TAGS)
    return f"({term}) AND ({window})"


def date_range(start: date, end: date | None, tag: str = "crdt") -> str:
    """Return the records of some days; without an end, those to come as well.

    >>> from datetime import date
    >>> date_range(date(2020, 1, 2), date(2020, 12, 31))
    '"2020/01/02"[crdt] : "2020/12/31"[crdt]'
    """
    return f'"{start:%Y/%m/%d}"[{tag}] : "{f"{end:%Y/%m/%d}" if end else "3000"}"[{tag}]'


def check_term(term: str) -> None:
    """Refuse what PubMed would misread without saying so.

    Raises
    ------
    UsageError
        A field tag is unknown, a quotation or bracket is left open, or there is nothing to search for.

    Examples
    --------
    >>> check_term("cancer[tiabb]")
    Traceback (most recent call last):
    metaan.errors.UsageError: PubMed query: the field tag [tiabb] is unknown; did you mean tiab? ...
    """
    if not term.strip() or len(term) > LONGEST:
        raise UsageError(f"PubMed query: {len(term)} characters; allowed: 1 to {LONGEST:,}, not only blanks")
    if term.count('"') % 2:
        raise UsageError("PubMed query: a quotation is not closed; allowed: an even number of quotation marks")
    words = _QUOTED.sub('""', term)
    for raw in _TAG.findall(words):
        name = _QUALIFIER.sub("", " ".join(raw.lower().split()))
        if name not in TAGS:
            where = "what is in quotation marks is not read as one"
            raise UsageError(f"PubMed query: the field tag [{raw}] is unknown; {did_you_mean(name, TAGS)}; {where}")
    _check_brackets(_TAG.sub("", words))


def _check_brackets(words: str) -> None:
    """Refuse brackets that do not close: PubMed would guess where."""
    depth = 0
    for char in words:
        depth += (char == "(") - (char == ")")
        if depth < 0 or char in "[]":
            break
    if depth or any(char in words for char in "[]"):
        raise UsageError("PubMed query: a bracket is not closed; allowed: every ( with its ), every [ with its ]")


# The names in einfo's list of 2025-11-27, and the short ones of PubMed's help.
_NAMES = """
affl, all, aucl, auid, book, cdat, cnty, cois, coln, crdt, dso, ecno, ed, edat, eid, epdt, faut, filt, finv, full, grnt,
isbn, iss, jour, lang, laut, lid, majr, mdat, mesh, mhda, otrm, p1dat, page, papx, pdat, pid, ppdt, ps, ptyp, pubn, si,
subh, subs, tiab, titl, tt, uid, vol, word,
1au, ad, aid, au, book accession, cn, com, dcom, doi, dp, ep, filter, fau, fir, gr, ip, ir, irad, is, jid, la, lastau,
lr, mh, mj, nm, ot, pa, pg, pl, pmc, pmcid, pmid, pt, pubdate, rn, sb, sh, ta, ti, title, tw, vi,
affiliation, all fields, author, author - corporate, author - first, author - identifier, author - last,
date - completion, date - create, date - entry, date - mesh, date - modification, date - publication, ec/rn number,
editor,
electronic publication date, grants and funding, investigator, issue, journal, language, location id, mesh major topic,
mesh subheading, mesh terms, mesh:noexp, other term, pagination, pharmacological action, place of publication,
print publication date, publication date, publication type, publisher, publisher id, secondary source id,
subject - personal name, supplementary concept, text word, text words, title/abstract, transliterated title, volume
"""
TAGS = tuple(dict.fromkeys(" ".join(name.split()) for name in _NAMES.split(",")))
