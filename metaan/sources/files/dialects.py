"""Web of Science, EndNote's Refer, RefWorks and CENTRAL's text -> `Record`: a grammar and a table each.

To add such a format: its grammar and its tags in `DIALECTS`, and its sign in `read.FORMATS`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...records.record import Read, Record
from ..formats.cutting import Grammar
from ..formats.tagged import TaggedRecord, lines_of, read_blocks
from .assemble import assemble


@dataclass(frozen=True, slots=True)
class Dialect:
    """A format of tagged lines.

    Attributes
    ----------
    tags
        Those of each field.
    base, number
        The tags that name the database, and that of its number for a record: a PMID where the database is PubMed.
    """

    name: str
    grammar: Grammar
    tags: Mapping[str, tuple[str, ...]]
    base: tuple[str, ...] = ()
    number: tuple[str, ...] = ()

    def parse(self, text: str) -> Read:
        """Return the records of a text.

        Raises
        ------
        SourceError
            Not every start became a record or a reported failure.
        """
        lines = lines_of(text.lstrip("\ufeff"))
        return read_blocks(
            self.name, self.grammar.head, self.grammar.starts(lines), self.grammar.blocks(lines), self._record
        )

    def _record(self, block: TaggedRecord) -> Record:
        used = {tag for tags in self.tags.values() for tag in tags}
        given = block.by_field(self.tags)
        if self.base and _PUBMED.search(" ".join(block.all(*self.base))):
            given["pmid"] += block.all(*self.number)
        return assemble(given, self.name, {**block.rest(used), "line": str(block.line)})


_PUBMED = re.compile(r"medline|pubmed|\bnlm\b", re.IGNORECASE)
_NEVER = re.compile(r"(?!)")

DIALECTS: dict[str, Dialect] = {
    "wos": Dialect(
        "wos",
        Grammar(
            re.compile(r"^([A-Z][A-Z0-9])(?: (.*))?$"),
            "PT",
            frozenset({"PT", "TI", "AU", "UT"}),
            re.compile(r"^(?:FN|VR) |^(?:ER|EF)\s*$"),
            frozenset({"AU", "AF", "BA", "BE", "CA", "CR", "C1", "C3"}),
        ),
        {
            "title": ("TI", "SO"),
            "authors": ("AU", "CA"),
            "date": ("PY", "EA", "PD"),
            "journal": ("SO",),
            "journal_abbreviation": ("JI", "J9"),
            "volume": ("VL",),
            "issue": ("IS",),
            "first_page": ("BP",),
            "last_page": ("EP",),
            "pages": ("PS",),
            "article_number": ("AR",),
            "doi": ("DI",),
            "pmid": ("PM",),
            "abstract": ("AB",),
            "keywords": ("DE", "ID"),
            "types": ("DT",),
        },
    ),
    "refer": Dialect(
        "refer",
        Grammar(
            re.compile(r"^\s{0,3}(%[0-9A-Za-z@!#$&()*+=<>?\[~^])(?: (.*))?$"),
            "%0",
            frozenset({"%0", "%T", "%A"}),
            _NEVER,
        ),
        {
            "title": ("%T",),
            "authors": ("%A",),
            "date": ("%D", "%8"),
            "journal": ("%J", "%B"),
            "volume": ("%V",),
            "issue": ("%N",),
            "pages": ("%P", "%&"),
            "doi": ("%R",),
            "links": ("%U",),
            "pmid": ("%U", "%Z", "%1"),
            "pmcid": ("%2",),
            "registrations": ("%Z", "%1"),
            "abstract": ("%X",),
            "keywords": ("%K",),
            "types": ("%0", "%9"),
        },
        ("%~", "%W"),
        ("%M",),
    ),
    "refworks": Dialect(
        "refworks",
        Grammar(
            re.compile(r"^([A-Z][A-Z0-9])(?: (.*))?$"), "RT", frozenset({"RT", "T1", "A1"}), re.compile(r"^ER\s*$")
        ),
        {
            "title": ("T1",),
            "authors": ("A1",),
            "date": ("YR", "FD"),
            "journal": ("JF", "T2", "JO"),
            "journal_abbreviation": ("JO",),
            "volume": ("VO",),
            "issue": ("IS",),
            "first_page": ("SP",),
            "last_page": ("OP",),
            "doi": ("DO",),
            "links": ("LK", "UL"),
            "pmid": ("PM", "NO", "LK", "UL"),
            "registrations": ("NO", "U1", "U2"),
            "abstract": ("AB",),
            "keywords": ("K1",),
            "types": ("RT",),
        },
        ("DS", "DB"),
        ("AN",),
    ),
    "central": Dialect(
        "central",
        Grammar(
            re.compile(r"^([A-Z]{2}|DOI): ?(.*)$"),
            "ID",
            frozenset({"ID", "TI"}),
            re.compile(r"^Record #\d+ of \d+|^Provider: |^Content: "),
        ),
        {
            "title": ("TI",),
            "authors": ("AU",),
            "date": ("YR",),
            "citation": ("SO",),
            "volume": ("VL",),
            "issue": ("NO",),
            "pages": ("PG",),
            "doi": ("DOI", "DO"),
            "pmid": ("PM", "XR"),
            "registrations": ("XR", "PM", "CT"),
            "abstract": ("AB",),
            "keywords": ("KY",),
            "types": ("PT",),
        },
    ),
}
