"""The tools for judging bias, and GRADE's domains of certainty: their names, judgements and order. No judgement is made
here.

To add a tool for bias, enter it in `TOOLS` with its domains and its judgements from best to worst.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NO_INFORMATION = "no information"


@dataclass(frozen=True, slots=True)
class BiasTool:
    """A tool for judging bias.

    Attributes
    ----------
    name, version
        As registries and pages write them; the version is what the domains belong to.
    domains
        In the tool's order, without "bias due to".
    judgements
        Word of a judgement to its severity, 0 the best; `NO_INFORMATION` has none.
    source
        Where the tool is described.
    """

    name: str
    version: str
    domains: tuple[str, ...]
    judgements: dict[str, int | None]
    source: str

    @property
    def title(self) -> str:
        """The tool with its version."""
        return f"{self.name} ({self.version})"

    def domain(self, text: str) -> str | None:
        """Return the tool's word for a domain, however it is introduced or spelled; None for one it has not.

        >>> TOOLS["RoB 2"].domain("Bias arising from the randomization process")
        'randomisation process'
        """
        wanted = _plain(text)
        return next((name for name in self.domains if _plain(name) == wanted), None)

    def judgement(self, text: str) -> str | None:
        """Return the tool's word for a judgement; None for one it has not.

        >>> TOOLS["RoB 2"].judgement("Some concerns"), TOOLS["RoB 2"].judgement("moderate")
        ('some concerns', None)
        """
        wanted = re.sub(r"\s+risk(?: of bias)?$", "", " ".join(text.casefold().split()))
        return wanted if wanted in self.judgements else None


def _plain(text: str) -> str:
    """Take away what differs between spellings of a domain: its introduction, articles, z for s, plural."""
    words = re.sub(r"^(?:risk of )?bias (?:arising from|due to|in)\s+", "", " ".join(text.casefold().split()))
    return re.sub(r"\bthe\s+", "", words.replace("randomiz", "randomis")).removesuffix("s")


def find_tool(name: str, version: str | None = None) -> BiasTool | None:
    """Return a tool by its name and version as a registry writes them; None for one that is not known.

    Examples
    --------
    >>> [len(find_tool("ROBINS-I", version).domains) for version in (None, "2016", "V2")]
    [7, 7, 6]
    """
    key = re.sub(r"[^a-z0-9]", "", name.casefold())
    if key in ("rob1", "rob2"):
        return TOOLS[f"RoB {key[-1]}"]
    if key not in ("robinsi", "robinsiv2"):
        return None
    second = key == "robinsiv2" or re.match(r"(?:version |v)?2(?:\D|$)|202[4-9]", (version or "").casefold())
    return TOOLS["ROBINS-I V2"] if second else TOOLS["ROBINS-I"]


_ROBINS_I = {"low": 0, "moderate": 1, "serious": 2, "critical": 3}

TOOLS: dict[str, BiasTool] = {
    "RoB 2": BiasTool(
        "RoB 2",
        "2019",
        (
            "randomisation process",
            "deviations from intended interventions",
            "missing outcome data",
            "measurement of the outcome",
            "selection of the reported result",
        ),
        {"low": 0, "some concerns": 1, "high": 2},
        "Sterne JAC, et al. RoB 2: a revised tool for assessing risk of bias in randomised trials. BMJ 2019;366:l4898.",
    ),
    "RoB 1": BiasTool(
        "RoB 1",
        "2011",
        (
            "random sequence generation",
            "allocation concealment",
            "blinding of participants and personnel",
            "blinding of outcome assessment",
            "incomplete outcome data",
            "selective reporting",
            "other bias",
        ),
        {"low": 0, "unclear": 1, "high": 2},
        "Higgins JPT, et al. The Cochrane Collaboration's tool for assessing risk of bias in randomised trials. BMJ "
        "2011;343:d5928.",
    ),
    "ROBINS-I": BiasTool(
        "ROBINS-I",
        "2016",
        (
            "confounding",
            "selection of participants into the study",
            "classification of interventions",
            "deviations from intended interventions",
            "missing data",
            "measurement of outcomes",
            "selection of the reported result",
        ),
        {**_ROBINS_I, NO_INFORMATION: None},
        "Sterne JAC, et al. ROBINS-I: a tool for assessing risk of bias in non-randomised studies of interventions. "
        "BMJ 2016;355:i4919.",
    ),
    "ROBINS-I V2": BiasTool(
        "ROBINS-I",
        "V2",
        (
            "confounding",
            "classification of interventions",
            "selection of participants into the study",
            "missing data",
            "measurement of the outcome",
            "selection of the reported result",
        ),
        {"low": 0, "low except for concerns about uncontrolled confounding": 0, **_ROBINS_I, NO_INFORMATION: None},
        "ROBINS-I V2 Development Group. Risk Of Bias In Non-randomized Studies of Interventions, version 2 (ROBINS-I "
        "V2), 20 November 2025.",
    ),
}

#: GRADE's levels, the highest first, with the symbol that summary tables print.
LEVELS: dict[str, str] = {
    "high": "⊕⊕⊕⊕",
    "moderate": "⊕⊕⊕○",
    "low": "⊕⊕○○",
    "very low": "⊕○○○",
}
