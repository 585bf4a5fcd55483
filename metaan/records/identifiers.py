"""DOIs, PMIDs and trial registration numbers: one spelling each, so that equal things compare equal.

To add a trial registry: one entry in `REGISTRIES`.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

from .markup import clean_text

_DOI_PREFIX = re.compile(r"^(?:https?://)?(?:dx\.)?(?:www\.)?doi\.org/+|^doi\s*:?\s*|^info:doi/", re.IGNORECASE)
_DOI = re.compile(r"^10\.\d{4,9}/\S+$")
_AFTER_DOI = re.compile(r"(?:\s*\[(?:doi|pii)\]|[.,;]\s.*)\.?\s*$", re.IGNORECASE | re.DOTALL)
_DOI_IN_LINK = re.compile(r"\b10\.\d{4,9}/[^\s?#&]+")
_PAGE_OF_SITE = re.compile(r"(?:/(?:full|abstract|summary|fulltext|meta|e?pdf(?:direct)?)|\.pdf)+$", re.IGNORECASE)
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
    word = clean_text(unescape(unquote(str(text or "")[:_LONGEST]))).lstrip("<([{\"' ")
    while (shorter := _DOI_PREFIX.sub("", word).strip()) != word:
        word = shorter
    word = _without_tail(_AFTER_DOI.sub("", word)).lower()
    return word if _DOI.match(word) and len(word) < _LONGEST - 50 else None


def doi_in_link(text: str) -> str | None:
    """Return the DOI that an address holds, without the page of the publisher's site that it leads to.

    >>> doi_in_link("https://onlinelibrary.wiley.com/doi/full/10.1002/art.1/pdf?x=1")
    '10.1002/art.1'
    """
    found = _DOI_IN_LINK.search(unquote(text[: 4 * _LONGEST]))
    return normalise_doi(_PAGE_OF_SITE.sub("", found[0])) if found else None


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


def written_pmid(text: object) -> str | None:
    """Return a PMID from a file, where its version (42.2) or a table's decimals (42.0) may stand behind it.

    Nothing else may be asked for so: see `normalise_pmid`.

    >>> written_pmid("35925914.2"), written_pmid("3592.591")
    ('35925914', None)
    """
    return normalise_pmid(re.sub(r"(?<=\d)(?:\.\d{1,2}|v\d{1,2})$", "", str(text or "").strip()))


def find_registrations(text: str) -> tuple[str, ...]:
    """Return the trial registration numbers that a text mentions, in its order, each once.

    >>> find_registrations("Registered as NCT 0464 3678 and isrctn74727214 (nct04643678)")
    ('NCT04643678', 'ISRCTN74727214')
    """
    plain = text if text.isascii() else text.translate(_PLAIN)
    folded = plain.casefold()
    hits = [
        (found.start(), template.format(*found.groups()))
        for word, pattern, template in REGISTRIES.values()
        if word in folded
        for found in pattern.finditer(plain)
    ]
    return tuple(dict.fromkeys(normalise_registration(number) for _, number in sorted(hits)))


def normalise_registration(text: str) -> str:
    """Return a registration number in its registry's spelling as far as it is known: no blanks, upper case.

    >>> normalise_registration(" nct 04643678 ")
    'NCT04643678'
    """
    word = re.sub(r"\s+", "", text.translate(_PLAIN))
    for _, pattern, template in REGISTRIES.values():
        if found := pattern.fullmatch(word):
            return _case(template.format(*found.groups()))
    return _case(word)


def _case(number: str) -> str:
    """Upper case, the registries apart that write small letters, and without blanks inside."""
    number = re.sub(r"\s+", "", number).upper()
    return number.replace("CHICTR", "ChiCTR", 1).replace("JRCT", "jRCT", 1).replace("JAPICCTI", "JapicCTI", 1)


def _registry(word: str, pattern: str, template: str = "{0}") -> tuple[str, re.Pattern[str], str]:
    """Return an entry: a word, in small letters, without which no text need be searched, the pattern, the spelling."""
    return word, re.compile(rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])", re.IGNORECASE), template


_PLAIN = {ord(char): "-" for char in "‐‑‒–—−"} | {ord(char): " " for char in "\u00a0\u2009\u202f"}
_TO = r"(?:\s?(?:number|no\.?|id|identifier))?[ :#-]{0,3}"  # what people write between a registry and its number

REGISTRIES: dict[str, tuple[str, re.Pattern[str], str]] = {
    "ClinicalTrials.gov": _registry("nct", rf"NCT{_TO}(\d{{4}}[ -]?\d{{4}})", "NCT{0}"),
    "ISRCTN": _registry("isrctn", rf"ISRCTN{_TO}(\d{{8}})", "ISRCTN{0}"),
    "ANZCTR": _registry("actrn", rf"ACTRN{_TO}(\d{{14}}p?)", "ACTRN{0}"),
    "ChiCTR": _registry("chictr", r"(ChiCTR(?:-[A-Z]{2,5}-)?\d{8,10})"),
    "CTIS": _registry("-00", r"(20[2-9]\d-\d{6}-\d{2}-\d{2})"),
    "CTRI": _registry("ctri", r"(CTRI/\d{4}/\d{2,3}/\d{6})"),
    "DRKS": _registry("drks", rf"DRKS{_TO}(\d{{8}})", "DRKS{0}"),
    "EudraCT": _registry("-", rf"(?:(?:EudraCT|EUCTR){_TO})?(20\d{{2}}-\d{{6}}-\d{{2}})(?!-\d)(?:-[A-Z]{{2,3}})?"),
    "IRCT": _registry("irct", r"(IRCT\d{8,14}N\d{1,3})"),
    "JapicCTI": _registry("japiccti", rf"JapicCTI{_TO}(\d{{6}})", "JapicCTI-{0}"),
    "jRCT": _registry("jrct", r"(jRCTs?\d{9,10})"),
    "KCT": _registry("kct", r"(KCT\d{7})"),
    "LBCTR": _registry("lbctr", r"(LBCTR\d{10})"),
    "NL-OMON": _registry("omon", r"NL-?(OMON\d{4,6})", "NL-{0}"),
    "NTR": _registry("ntr", r"(NTR\d{3,5})"),
    "PACTR": _registry("pactr", r"(PACTR\d{15,16})"),
    "PER": _registry("per-", r"(PER-\d{3}-\d{2})"),
    "RBR": _registry("rbr-", r"(RBR-[0-9a-z]{6,8})"),
    "RPCEC": _registry("rpcec", r"(RPCEC\d{8})"),
    "SLCTR": _registry("slctr", r"(SLCTR/\d{4}/\d{3})"),
    "TCTR": _registry("tctr", r"(TCTR\d{11})"),
    "UMIN": _registry("umin", r"(UMIN\d{9})"),
}
