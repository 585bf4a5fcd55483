"""PubMed's XML (DTD of 2025) -> `Record`; pure, and strict about which path a value stands on.

``.//ArticleId`` would also walk the reference list and return the identifiers of cited papers: every value here is read
from one named place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from xml.etree.ElementTree import Element

from ...records.identifiers import normalise_doi, normalise_pmid, normalise_registration
from ...records.markup import clean_text, plain_text
from ...records.record import AbstractPart, Correction, Failure, Read, Record
from ..formats.xml_guard import guard, tree
from ..formats.xml_text import child, markup, text_at, texts_at
from ..net.answers import UnreadableError
from .dates import publication_date

# PubMed's names of data banks, in lower case; the list of a record also names sequence and data banks.
TRIAL_REGISTRIES = frozenset(
    {
        "anzctr",
        "chictr",
        "clinicaltrials.gov",
        "cris",
        "ctis",
        "ctri",
        "drks",
        "euctr",
        "eu-ctr",
        "eudract",
        "irct",
        "isrctn",
        "japiccti",
        "jmacct",
        "jprn",
        "jrct",
        "kct",
        "lbctr",
        "ntr",
        "pactr",
        "per",
        "rebec",
        "rpcec",
        "slctr",
        "tctr",
        "umin",
        "umin-ctr",
        "umin ctr",
    }
)


_NO_TITLE = re.compile(r"\W*(?:not available|in process citation|no title available)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Article:
    """One record of an answer: its version, and the sha256 of the bytes that PubMed sent for it."""

    record: Record
    digest: str
    version: int = 1


def parse(body: bytes) -> tuple[Article, ...]:
    """Return the records of an efetch answer, articles and books, in its order.

    Raises
    ------
    UnreadableError
        It is cut off, garbled, declares entities, or is another kind of document.
    """
    return tuple(
        Article(_KINDS[element.tag](element), hashlib.sha256(body[start:end]).hexdigest(), _version(element))
        for element, start, end in _elements(body)
        if element.tag in _KINDS
    )


def parse_file(body: bytes) -> Read:
    """Return the records of a saved set; one that cannot be read is reported, and takes no other with it.

    Raises
    ------
    UnreadableError
        As in `parse`, but not for a record without a PMID, or of another kind.
    """
    records, failed = [], []
    line = last = 0
    for element, start, _ in _elements(body):
        line, last = line + body.count(b"\n", last, start), start
        words = clean_text(" ".join(islice(element.itertext(), 40)))[:80]
        try:
            if element.tag != "DeleteCitation":
                records.append(_KINDS[element.tag](element))
        except KeyError:
            failed.append(Failure(line + 1, f"<{clean_text(element.tag)[:40]}> is no record", words))
        except UnreadableError as error:
            failed.append(Failure(line + 1, str(error), words))
    return Read(tuple(records), tuple(failed))


def _elements(body: bytes) -> Iterator[tuple[Element, int, int]]:
    """Yield the members of a set, each with where it stands."""
    places = guard(body)
    root = tree(body)
    if root.tag != "PubmedArticleSet":
        raise UnreadableError(f"a document of PubmedArticleSet was due, {clean_text(root.tag)[:60]} came")
    for element, (start, end) in zip(root, places):
        yield element, start, end


def _article(root: Element) -> Record:
    """Read a PubmedArticle."""
    citation, article = child(root, "MedlineCitation"), child(root, "MedlineCitation/Article")
    title = _title(article.find("ArticleTitle"), article.find("VernacularTitle"))
    journal = child(article, "Journal")
    date = publication_date(child(journal, "JournalIssue/PubDate"), child(article, "ArticleDate"))
    ids = _article_ids(root.findall("PubmedData/ArticleIdList/ArticleId"))
    authors, complete = _authors(article.findall("AuthorList"))
    types = article.findall("PublicationTypeList/PublicationType")
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=authors,
        authors_complete=complete,
        year=date.year,
        published=date.published,
        journal=text_at(journal, "Title"),
        journal_abbreviation=text_at(journal, "ISOAbbreviation") or text_at(citation, "MedlineJournalInfo/MedlineTA"),
        volume=text_at(journal, "JournalIssue/Volume"),
        issue=text_at(journal, "JournalIssue/Issue"),
        pages=_pages(article),
        doi=_doi(article, ids.get("doi")),
        pmid=_pmid(citation),
        pmcid=ids.get("pmc"),
        registrations=_registrations(article),
        abstract=_abstract(article.find("Abstract")),
        mesh=texts_at(citation, "MeshHeadingList/MeshHeading/DescriptorName"),
        keywords=texts_at(citation, "KeywordList/Keyword"),
        publication_types=tuple(clean_text("".join(kind.itertext())) for kind in types),
        publication_type_uis=tuple(kind.get("UI", "") for kind in types),
        corrections=_corrections(citation),
        source="pubmed",
        extra=date.extra | _vernacular(article),
    )


def _book(root: Element) -> Record:
    """Read a PubmedBookArticle: a chapter, or a whole book, whose title then is the record's."""
    document, book = child(root, "BookDocument"), child(root, "BookDocument/Book")
    title = _title(document.find("ArticleTitle"), book.find("BookTitle"))
    date = publication_date(child(book, "PubDate"), Element("none"))
    ids = _article_ids(document.findall("ArticleIdList/ArticleId"))
    lists = document.findall("AuthorList") or book.findall("AuthorList")
    authors, complete = _authors([names for names in lists if names.get("Type") != "editors"] or lists)
    types = document.findall("PublicationType")
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=authors,
        authors_complete=complete,
        year=date.year,
        published=date.published,
        journal=text_at(book, "BookTitle"),
        volume=text_at(book, "Volume"),
        pages=text_at(document, "Pagination/MedlinePgn"),
        doi=normalise_doi(ids.get("doi")),
        pmid=_pmid(document),
        pmcid=ids.get("pmc"),
        abstract=_abstract(document.find("Abstract")),
        keywords=texts_at(document, "KeywordList/Keyword"),
        publication_types=tuple(clean_text("".join(kind.itertext())) for kind in types),
        publication_type_uis=tuple(kind.get("UI", "") for kind in types),
        source="pubmed",
        extra=date.extra | {"book": ids.get("bookaccession", "yes")},
    )


def _pmid(parent: Element) -> str:
    pmid = normalise_pmid(text_at(parent, "PMID"))
    if pmid is None:
        raise UnreadableError(f"a record with {text_at(parent, 'PMID') or 'nothing'} for a PMID came")
    return pmid


def _version(root: Element) -> int:
    """Return the version of a record; a few journals publish several under one PMID."""
    version = child(root, "*/PMID").get("Version", "1")
    return int(version) if re.fullmatch(r"\d{1,4}", version) else 1


def _title(*candidates: Element | None) -> str:
    """Return the first title that says something: translated titles stand in brackets, which are kept."""
    titles = [title for candidate in candidates if (title := markup(candidate))]
    return next((title for title in titles if not _NO_TITLE.fullmatch(title)), titles[0] if titles else "")


def _vernacular(article: Element) -> dict[str, str]:
    title = text_at(article, "VernacularTitle")
    return {"vernacular_title": title} if title else {}


def _authors(lists: list[Element]) -> tuple[tuple[str, ...], bool]:
    """Return people and groups in their order, and whether the list is complete."""
    names = tuple(name for authors in lists for author in authors.findall("Author") if (name := _name(author)))
    return names, all(authors.get("CompleteYN", "Y") == "Y" for authors in lists)


def _name(author: Element) -> str | None:
    """Return "Family AB Jr", or the name of a group; an author that a correction struck out is none."""
    if author.get("ValidYN") == "N":
        return None
    if group := text_at(author, "CollectiveName"):
        return group
    parts = [
        text_at(author, "LastName"),
        text_at(author, "Initials") or text_at(author, "ForeName"),
        text_at(author, "Suffix"),
    ]
    return " ".join(part for part in parts if part) or None


def _pages(article: Element) -> str | None:
    """Return the pages as printed, or the number that stands for them in a journal without pages."""
    if pages := text_at(article, "Pagination/MedlinePgn"):
        return pages
    start, end = text_at(article, "Pagination/StartPage"), text_at(article, "Pagination/EndPage")
    if start:
        return f"{start}-{end}" if end and end != start else start
    return text_at(article, "ELocationID[@EIdType='pii']")


def _doi(article: Element, listed: str | None) -> str | None:
    """Return the DOI of an article, else the one that its list of identifiers has and nobody struck out."""
    struck = set()
    for place in article.findall("ELocationID[@EIdType='doi']"):
        doi = normalise_doi(place.text)
        if doi and place.get("ValidYN", "Y") == "Y":
            return doi
        struck.add(doi)
    other = normalise_doi(listed)
    return None if other in struck else other


def _article_ids(elements: list[Element]) -> dict[str, str]:
    """Return the record's own identifiers by kind, the first of each."""
    ids: dict[str, str] = {}
    for element in elements:
        if value := clean_text(element.text or ""):
            ids.setdefault(element.get("IdType", "pubmed"), value)
    return ids


def _registrations(article: Element) -> tuple[str, ...]:
    """Return the numbers of trial registries; the list also names sequence and data banks."""
    banks = [
        bank
        for bank in article.findall("DataBankList/DataBank")
        if (text_at(bank, "DataBankName") or "").casefold() in TRIAL_REGISTRIES
    ]
    numbers = (number for bank in banks for number in texts_at(bank, "AccessionNumberList/AccessionNumber"))
    return tuple(dict.fromkeys(map(normalise_registration, numbers)))


def _abstract(abstract: Element | None) -> tuple[AbstractPart, ...]:
    if abstract is None:
        return ()
    parts = (
        AbstractPart(clean_text(part.get("Label", "")) or None, markup(part))
        for part in abstract.findall("AbstractText")
    )
    return tuple(part for part in parts if part.text)


def _corrections(citation: Element) -> tuple[Correction, ...]:
    """Return the links that say something about the record itself; what it merely cites is left out."""
    links = citation.findall("CommentsCorrectionsList/CommentsCorrections")
    return tuple(
        Correction(
            kind=clean_text(link.get("RefType", "")),
            source=text_at(link, "RefSource"),
            pmid=normalise_pmid(text_at(link, "PMID")),
            note=text_at(link, "Note"),
        )
        for link in links
        if link.get("RefType", "") not in {"Cites", ""}
    )


_KINDS = {"PubmedArticle": _article, "PubmedBookArticle": _book}
