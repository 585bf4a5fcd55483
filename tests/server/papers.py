"""What the local E-utilities know: made-up papers, and of the anakinra studies only what the registry's sources say.

A made-up paper has a DOI under 10.5555, which no publisher uses, and a nine-digit PMID that PubMed has not reached.
Nothing is filled in for the real ones: of an author list that was not seen there is the first name that the study is
known by, or none, and an abstract that was not seen is absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>'
)
FOOT = b"</PubmedArticleSet>"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Paper:
    """One paper; ``title`` and ``abstract`` are XML as they stand, everything else is text."""

    pmid: str
    title: str
    doi: str = ""
    journal: str = ""
    abbreviation: str = ""
    date: tuple[str, ...] = ()
    volume: str = ""
    issue: str = ""
    pages: str = ""
    pmcid: str = ""
    authors: tuple[str, ...] = ()
    complete: bool = True
    abstract: tuple[tuple[str, str], ...] = ()
    registration: tuple[str, str] | None = None
    types: tuple[tuple[str, str], ...] = (("D016428", "Journal Article"),)
    mesh: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str, str], ...] = ()
    book: bool = False
    cites: tuple[str, ...] = field(default=())
    added: str = ""
    indexed_on: str = ""

    @property
    def created(self) -> str:
        """The day on which the service added it: without another, the first day of what is known of its date."""
        year, month, day = (*self.date, "", "", "")[:3]
        number = f"{_MONTHS.index(month) + 1:02d}" if month in _MONTHS else month or "01"
        return self.added or f"{year or '2020'}/{number}/{day or '01'}"

    @property
    def indexed(self) -> str:
        """The day on which it got MeSH terms; until then the day on which it was added."""
        return self.indexed_on or self.created

    @property
    def words(self) -> str:
        """Title and abstract in lower case."""
        return " ".join((self.title, *(text for _, text in self.abstract))).lower()

    def xml(self) -> bytes:
        """Return the record as PubMed would send it."""
        return (self._book() if self.book else self._article()).encode()

    def _article(self) -> str:
        journal = (
            f"<Journal><JournalIssue>{_tag('Volume', self.volume)}{_tag('Issue', self.issue)}"
            f"<PubDate>{_date(self.date)}</PubDate></JournalIssue>"
            f"{_tag('Title', self.journal)}{_tag('ISOAbbreviation', self.abbreviation)}</Journal>"
        )
        pages = f"<Pagination>{_tag('MedlinePgn', self.pages)}</Pagination>" if self.pages else ""
        doi = f'<ELocationID EIdType="doi" ValidYN="Y">{escape(self.doi)}</ELocationID>' if self.doi else ""
        types = "".join(f'<PublicationType UI="{ui}">{escape(name)}</PublicationType>' for ui, name in self.types)
        links = "".join(
            f'<CommentsCorrections RefType="{kind}"><RefSource>{escape(source)}</RefSource>{_tag("PMID", pmid)}'
            "</CommentsCorrections>"
            for kind, source, pmid in self.corrections
        )
        mesh = "".join(
            f'<MeshHeading><DescriptorName UI="D0">{escape(m)}</DescriptorName></MeshHeading>' for m in self.mesh
        )
        cites = "".join(
            f'<Reference><Citation>x</Citation><ArticleIdList><ArticleId IdType="pubmed">{p}</ArticleId>'
            f'<ArticleId IdType="doi">10.5555/cited.{p}</ArticleId></ArticleIdList></Reference>'
            for p in self.cites
        )
        ids = "".join(
            f'<ArticleId IdType="{kind}">{escape(value)}</ArticleId>'
            for kind, value in (("pubmed", self.pmid), ("doi", self.doi), ("pmc", self.pmcid))
            if value
        )
        return (
            f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{self.pmid}</PMID>'
            f"<Article>{journal}<ArticleTitle>{self.title}</ArticleTitle>{pages}{doi}{self._abstract()}{self._authors()}"
            f"{self._bank()}<PublicationTypeList>{types}</PublicationTypeList></Article>"
            f"<CommentsCorrectionsList>{links}</CommentsCorrectionsList><MeshHeadingList>{mesh}</MeshHeadingList>"
            f"</MedlineCitation><PubmedData><ArticleIdList>{ids}</ArticleIdList>"
            f"<ReferenceList>{cites}</ReferenceList></PubmedData></PubmedArticle>"
        )

    def _book(self) -> str:
        return (
            f'<PubmedBookArticle><BookDocument><PMID Version="1">{self.pmid}</PMID><ArticleIdList>'
            f'<ArticleId IdType="bookaccession">NBK0</ArticleId></ArticleIdList><Book>{_tag("BookTitle", self.journal)}'
            f"<PubDate>{_date(self.date)}</PubDate></Book><ArticleTitle>{self.title}</ArticleTitle>{self._authors()}"
            f"{self._abstract()}</BookDocument></PubmedBookArticle>"
        )

    def _authors(self) -> str:
        if not self.authors:
            return ""
        complete = "Y" if self.complete else "N"
        return f'<AuthorList CompleteYN="{complete}">{"".join(map(_author, self.authors))}</AuthorList>'

    def _abstract(self) -> str:
        parts = "".join(
            f"<AbstractText{f' Label={quoteattr(label)}' if label else ''}>{text}</AbstractText>"
            for label, text in self.abstract
        )
        return f"<Abstract>{parts}</Abstract>" if parts else ""

    def _bank(self) -> str:
        if self.registration is None:
            return ""
        bank, number = self.registration
        return (
            f"<DataBankList><DataBank><DataBankName>GENBANK</DataBankName><AccessionNumberList><AccessionNumber>U00001"
            f"</AccessionNumber></AccessionNumberList></DataBank><DataBank>{_tag('DataBankName', bank)}"
            f"<AccessionNumberList>{_tag('AccessionNumber', number)}</AccessionNumberList></DataBank></DataBankList>"
        )


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def _date(parts: tuple[str, ...]) -> str:
    return "".join(_tag(name, part) for name, part in zip(("Year", "Month", "Day"), parts, strict=False))


def _author(name: str) -> str:
    """Split "Family AB"; one word is a family name, and a name with a colon in front is that of a group."""
    if " " not in name:
        return f'<Author ValidYN="Y">{_tag("LastName", name)}</Author>'
    if name.startswith(":"):
        return f'<Author ValidYN="Y">{_tag("CollectiveName", name[1:])}</Author>'
    family, _, initials = name.rpartition(" ")
    return f'<Author ValidYN="Y">{_tag("LastName", family)}{_tag("Initials", initials)}</Author>'


_RCT = (("D016428", "Journal Article"), ("D016449", "Randomized Controlled Trial"))
_REVIEW = (("D016428", "Journal Article"), ("D017418", "Meta-Analysis"), ("D000078182", "Systematic Review"))

ANAKINRA = (
    Paper(
        "35925914",
        "Efficacy and safety of anakinra in adults presenting deteriorating respiratory symptoms from COVID-19: "
        "A randomized controlled trial.",
        doi="10.1371/journal.pone.0269065",
        journal="PLoS One",
        date=("2022",),
        volume="17",
        pages="e0269065",
        pmcid="PMC9351999",
        authors=("Audemard-Verger A", "Le Gouge A", "Pestre V", "Courjon J", "Langlois V", "Vareil MO"),
        complete=False,
        registration=("ClinicalTrials.gov", "NCT04364009"),
        types=_RCT,
    ),
    Paper(
        "33999135",
        "Anakinra in hospitalized non-intubated patients with coronavirus disease 2019: A systematic review and "
        "meta-analysis.",
        doi="10.1093/rheumatology/keab447",
        journal="Rheumatology (Oxford)",
        date=("2021", "Dec", "01"),
        volume="60",
        issue="12",
        pages="5527-5537",
        authors=("Barkas F", "Filippas-Ntekouan S", "Kosmidou M", "Liberopoulos E", "Liontos A", "Milionis H"),
        types=_REVIEW,
    ),
    Paper(
        "34480127",
        "Early treatment of COVID-19 with anakinra guided by soluble urokinase plasminogen receptor plasma levels: a "
        "double-blind, randomized controlled phase 3 trial.",
        doi="10.1038/s41591-021-01499-z",
        journal="Nature Medicine",
        date=("2021",),
        volume="27",
        issue="10",
        pages="1752-",
        pmcid="PMC8516650",
        authors=("Kyriazopoulou",),
        complete=False,
        registration=("ClinicalTrials.gov", "NCT04680949"),
        types=_RCT,
        corrections=(("ErratumIn", "doi: 10.1038/s41591-021-01569-2", "34625750"),),
    ),
    Paper(
        "33493450",
        "Effect of anakinra versus usual care in adults in hospital with COVID-19 and mild-to-moderate pneumonia "
        "(CORIMUNO-ANA-1): a randomised controlled trial.",
        doi="10.1016/S2213-2600(20)30556-7",
        journal="The Lancet Respiratory Medicine",
        abbreviation="Lancet Respir Med",
        date=("2021", "Mar"),
        volume="9",
        issue="3",
        pages="295-304",
        pmcid="PMC7825875",
        authors=(":The CORIMUNO-19 Collaborative group",),
        registration=("ClinicalTrials.gov", "NCT04341584"),
        types=_RCT,
    ),
    Paper(
        "34762351",
        "A randomized controlled clinical trial on efficacy and safety of anakinra in patients with severe COVID-19.",
        doi="10.1002/iid3.563",
        journal="Immunity, Inflammation and Disease",
        date=("2022",),
        volume="10",
        issue="2",
        pages="201-208",
        pmcid="PMC8652881",
        authors=("Kharazmi",),
        complete=False,
        types=_RCT,
    ),
    Paper(
        "33547169",
        "IL-1 Receptor Antagonist Anakinra in the Treatment of COVID-19 Acute Respiratory Distress Syndrome: A "
        "Retrospective, Observational Study.",
        doi="10.4049/jimmunol.2001126",
        journal="The Journal of Immunology",
        date=("2021",),
        volume="206",
        issue="7",
        pages="1569-1575",
        pmcid="PMC7980530",
        authors=("Franzetti",),
        complete=False,
    ),
)

MADE_UP = (
    Paper(
        "900000001",
        "A made-up trial of nothing against IL-1<sub>b</sub> in <i>Apis mellifera</i> "
        "&lt;script&gt;alert(1)&lt;/script&gt;.",
        doi="10.5555/metaan.1",
        journal="Journal of Made-up Trials",
        abbreviation="J Made-up Trials",
        date=("2024", "Feb", "05"),
        volume="1",
        issue="2",
        pages="3-14",
        authors=("Ångström Å", "O'Nobody QR", ":The Nobody Group"),
        complete=False,
        abstract=(("BACKGROUND", "Nothing &amp; <b>less</b>."), ("RESULTS", "p &lt; 0.05 (NCT99999991).")),
        registration=("ClinicalTrials.gov", "NCT99999991"),
        types=_RCT,
        mesh=("Bees", "Honey"),
        cites=("900000005", "35925914"),
    ),
    Paper(
        "900000002",
        "A made-up trial that was withdrawn.",
        doi="10.5555/metaan.2",
        journal="Journal of Made-up Trials",
        date=("2023",),
        authors=("Nobody A",),
        types=(*_RCT, ("D016441", "Retracted Publication")),
        corrections=(("RetractionIn", "J Made-up Trials. 2024;1:99", "900000009"),),
    ),
    Paper(
        "900000003",
        "A made-up trial of which people are not sure.",
        doi="10.5555/metaan.3",
        date=("2022",),
        authors=("Nobody B",),
        corrections=(("ExpressionOfConcernIn", "J Made-up Trials. 2024;1:100", ""),),
    ),
    Paper("900000004", "A made-up chapter", journal="Made-up Books", date=("2020",), authors=("Chapter W",), book=True),
    Paper("900000005", "[A made-up paper without authors, date or DOI.]"),
)

PAPERS: dict[str, Paper] = {paper.pmid: paper for paper in (*ANAKINRA, *MADE_UP)}
MERGED = {"900000008": "900000001"}  # PMIDs under which PubMed now returns another record


def article_set(papers: list[Paper]) -> bytes:
    """Return an answer of efetch that holds these papers."""
    return b"\n".join((HEAD, *(paper.xml() for paper in papers), FOOT))
