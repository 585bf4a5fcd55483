"""The whole way as a newcomer goes it: the commands under "Try it" in docs/living.md, typed one after the other."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from metaan.cli.main import main
from metaan.registry.load import load
from tests.server.eutils import Eutils

PAGE = Path(__file__).parents[2] / "docs" / "living.md"
LATER = {
    "pmid-34480127": "kyriazopoulou-2021",
    "pmid-33493450": "corimuno-19-collaborative-group-2021",
    "pmid-34762351": "kharazmi-2022",
    "pmid-33547169": "franzetti-2021",
}
MOVED = "(added) moved the odds ratio of death from any cause among"
DID = (
    f"CORIMUNO-19 Collaborative group 2021 {MOVED} randomised trials from 1.12 (0.16 to 7.89) to 0.99 (0.37 to 2.66)",
    f"Kyriazopoulou 2021 {MOVED} randomised trials from 1.58 (0.50 to 5.00) to 0.99 (0.37 to 2.66)",
    f"Franzetti 2021 {MOVED} non-randomised studies from 0.48 (0.17 to 1.34) to 0.37 (0.19 to 0.69)",
    "Kharazmi 2022 (added) gives the first result for invasive mechanical ventilation among randomised trials: "
    "odds ratio 0.13 (0.024 to 0.66), favours anakinra.",
)

#: What a newcomer is told to type.
NEXT = re.compile(r"(?:next|yourself):\s+(?:.*\bmetaan |cd demo\n)", re.DOTALL)


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Type one line at a shell's prompt: return what it printed, and fail where it fails."""
    monkeypatch.chdir(tmp_path)

    def enter(line):
        words = shlex.split(line)
        if words[0] == "export":
            for word in words[1:]:
                monkeypatch.setenv(*word.split("=", 1))
            return ""
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
            return ""
        if words[0] == "git":
            who = ["-c", "user.name=A. Reader", "-c", "user.email=a@example.org"]
            return subprocess.run(["git", *who, *words[1:]], check=True, capture_output=True, text=True).stdout
        assert words[0] == "metaan", line
        capsys.readouterr()
        assert main(words[1:]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    return enter


def lines_of(page):
    block = re.findall(r"```sh\n(.*?)```", page.partition("## Try it\n")[2], re.DOTALL)[1]
    return [line for line in block.splitlines() if line]


def test_from_four_studies_to_a_sentence_for_each_later_trial(typed, monkeypatch):
    lines = lines_of(PAGE.read_text(encoding="utf-8"))
    with Eutils(rate=None) as server:
        monkeypatch.setenv("METAAN_PUBMED_URL", server.url)
        said = {line: typed(line) for line in lines}
    silent = [line for line, text in said.items() if line.startswith("metaan") and not NEXT.search(text)]
    assert silent == ["metaan check", "metaan diff"]
    assert sum(line.startswith("metaan") for line in lines) <= 14
    for key, study in LATER.items():
        assert f"  {key}  " in said["metaan update"]
        assert said[f"metaan screen --include {key}"].endswith(f"\nnext: metaan extract {study}\n")
        found = load("studies").study(study)
        assert found.status.state == "included"
        assert {result.confirmed.by for result in found.results} == {"A. Reader"}
    did = " ".join(said["metaan diff"].split())
    for sentence in DID:
        assert did.count(sentence) == 1, sentence
    assert "until somebody has looked" in said["metaan screen --include pmid-33547169"]
    assert "it turned the conclusion from no clear difference to favours anakinra." in did
    assert not subprocess.run(["git", "status", "--porcelain"], check=True, capture_output=True).stdout
