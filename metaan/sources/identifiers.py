"""DOIs, PMIDs and trial registration numbers: one spelling each, so that equal things compare equal.

To add a trial registry: one entry in `REGISTRIES`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_DOI_PREFIX = re.compile(r"^(?:https?://)?(?:dx\.)?(?:www\.)?doi\.org/+|^doi\s*:?\s*|^info:doi/", re.IGNORECASE)
_DOI = re.compile(r"^10\.\d{4,9}/\S+$")
_LONGEST = 500  # characters; registered ones stay below 260
_PMID = re.compile(r"^[1-9]\d{0,8}$")
_PMID_PREFIX = re.compile(r"^(?:https?://)?(?:www\.)?pubmed\.ncbi\.nlm\.nih\.gov/|^pmid\s*:?\s*", re.IGNORECASE)


def normalise_doi(text: object) -> str | None:
    """Return a DOI in lower case without resolver, escapes and stray punctuation, or None when it is no DOI.

    >>> normalise_doi("https://doi.org/10.1016/S2213-2600(20)30556-7.")
    '10.1016/s2213-2600(20)30556-7'
    >>> normalise_doi("PMC7825875") is None
    True
    """
    word = unquote(str(text or "").strip()[:_LONGEST])
    while (shorter := _DOI_PREFIX.sub("", word).strip()) != word:
        word = shorter
    word = _without_tail(word).lower()
    return word if _DOI.match(word) and len(word) < _LONGEST - 50 else None


def _without_tail(doi: str) -> str:
    """Drop the punctuation of the sentence a DOI stood in; a bracket stays when it is closed inside the DOI."""
    doi = doi.rstrip(".,;:'\"> \t")
    while doi.endswith((")", "]", "}")) and doi.count(doi[-1]) > doi.count({")": "(", "]": "[", "}": "{"}[doi[-1]]):
        doi = doi[:-1].rstrip(".,;:")
    return doi


def normalise_pmid(text: object) -> str | None:
    """Return a PMID as digits without leading zeros, or None when it is none.

    PubMed answers nonsense such as ``42.9`` with the records of 42 and of 9, so nothing unchecked may be sent.

    >>> normalise_pmid("PMID: 035925914"), normalise_pmid("42.9"), normalise_pmid(-5)
    ('35925914', None, None)
    """
    word = _PMID_PREFIX.sub("", str(text if text is not None else "").strip()).rstrip("/. ").lstrip("0")
    return word if word.isascii() and _PMID.match(word) else None


def find_registrations(text: str) -> tuple[str, ...]:
    """Return the trial registration numbers that a text mentions, in its order, each once.

    >>> find_registrations("Registered as NCT 0464 3678 and isrctn74727214 (nct04643678)")
    ('NCT04643678', 'ISRCTN74727214')
    """
    hits = [
        (found.start(), template.format(*found.groups()))
        for pattern, template in REGISTRIES.values()
        for found in pattern.finditer(text)
    ]
    return tuple(dict.fromkeys(normalise_registration(number) for _, number in sorted(hits)))


def normalise_registration(text: str) -> str:
    """Return a registration number in its registry's spelling as far as it is known: no blanks, upper case.

    >>> normalise_registration(" nct 04643678 ")
    'NCT04643678'
    """
    word = re.sub(r"\s+", "", text)
    for pattern, template in REGISTRIES.values():
        if found := pattern.fullmatch(word):
            return _case(template.format(*found.groups()))
    return _case(word)


def _case(number: str) -> str:
    """Upper case, the two registries apart that write a small letter, and without blanks inside."""
    number = re.sub(r"\s+", "", number).upper()
    return number.replace("CHICTR", "ChiCTR", 1).replace("JRCT", "jRCT", 1)


def _registry(pattern: str, template: str) -> tuple[re.Pattern[str], str]:
    return re.compile(rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])", re.IGNORECASE), template


REGISTRIES: dict[str, tuple[re.Pattern[str], str]] = {
    "ClinicalTrials.gov": _registry(r"NCT[ -]?(\d{4}[ -]?\d{4})", "NCT{0}"),
    "ISRCTN": _registry(r"ISRCTN[ -]?(\d{8})", "ISRCTN{0}"),
    "ANZCTR": _registry(r"ACTRN[ -]?(\d{14}p?)", "ACTRN{0}"),
    "ChiCTR": _registry(r"(ChiCTR(?:-[A-Z]{2,5}-)?\d{8,10})", "{0}"),
    "CTRI": _registry(r"(CTRI/\d{4}/\d{2,3}/\d{6})", "{0}"),
    "DRKS": _registry(r"DRKS[ -]?(\d{8})", "DRKS{0}"),
    "EudraCT": _registry(r"EudraCT(?: number| no\.?)?:?[ -]?(\d{4}-\d{6}-\d{2})", "{0}"),
    "IRCT": _registry(r"(IRCT\d{8,14}N\d{1,3})", "{0}"),
    "jRCT": _registry(r"(jRCTs?\d{9,10})", "{0}"),
    "KCT": _registry(r"(KCT\d{7})", "{0}"),
    "NTR": _registry(r"(NTR\d{3,5})", "{0}"),
    "PACTR": _registry(r"(PACTR\d{15,16})", "{0}"),
    "RBR": _registry(r"(RBR-[0-9a-z]{6,8})", "{0}"),
    "TCTR": _registry(r"(TCTR\d{11})", "{0}"),
    "UMIN": _registry(r"(UMIN\d{9})", "{0}"),
}
