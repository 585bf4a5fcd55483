"""A review of 100,000 candidates: to import and compare them, to list them, and what git says of them.

    python benchmarks/scale.py [--records 100000] [--json]

Made-up RIS files, a tenth of whose records repeat others in another spelling, are imported into a new review in a
process of its own; then `metaan screen --list` and `--left`, `git add`, `git status` and `git commit` are run. Times
are those of the processor, which tell more on a machine that does other things too; memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.server.living import registry  # noqa: E402

WORDS = "randomised controlled trial adults severe disease mortality group standard care dose renal outcome".split()  # noqa: SIM905
IN_A_FILE = 20_000  # records; a file has at most 50 MB
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")


def records(n: int) -> Iterator[str]:
    """Yield RIS records, always the same; every tenth repeats the one before it without its DOI."""
    chance = random.Random(1)
    words = [*WORDS, *(a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES)]
    title = ""
    for number in range(n):
        again = number % 10 == 9
        title = title.upper() if again else " ".join(chance.choices(words, k=11)).capitalize()
        same = number - again
        lines = [
            "TY  - JOUR",
            f"TI  - {title}",
            *(f"AU  - {words[(same * 7 + i) % len(words)].capitalize()}, A.{i}." for i in range(5)),
            f"PY  - {1990 + same % 35}",
            f"JO  - Journal of {words[same % 200]}",
            f"VL  - {same % 400}",
            f"SP  - {same}",
            f"EP  - {same + 9}",
            f"AB  - {' '.join(chance.choices(words, k=180))}.",
            *([] if again else [f"DO  - 10.5555/scale.{number}"]),
            "ER  - ",
        ]
        yield "\n".join(lines) + "\n\n"


def batched(values: Iterator[str], size: int) -> Iterator[list[str]]:
    while part := list(islice(values, size)):
        yield part


def spent(*command: str, cwd: Path) -> dict[str, float]:
    """Return processor seconds and peak megabytes of a command."""
    child = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)})
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: status {status}")
    return {"seconds": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}


def measured(n: int, root: Path) -> dict[str, dict[str, float]]:
    folder = registry(root).parent
    for number, part in enumerate(batched(records(n), IN_A_FILE)):
        (folder / f"{number}.ris").write_text("".join(part), encoding="utf-8")
    files = sorted(path.name for path in folder.glob("*.ris"))
    metaan = (sys.executable, "-m", "metaan")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    found = {"import": spent(*metaan, "import", *files, cwd=folder)}
    for name in files:
        (folder / name).unlink()
    for option in ("--list", "--left"):
        found[option] = spent(*metaan, "screen", option, "--by", "ada", cwd=folder)
    found["--exclude"] = spent(
        *metaan, "screen", "--exclude", _first(folder), "--reason", "x", "--by", "ada", cwd=folder
    )
    spent("git", "init", "-q", cwd=folder)
    found["git add"] = spent("git", "add", "-A", cwd=folder)
    found["git status"] = spent("git", "status", "--porcelain", cwd=folder)
    found["git commit"] = spent(*git, "commit", "-qm", "x", cwd=folder)
    return found


def _first(folder: Path) -> str:
    with next(iter(sorted((folder / "studies" / "candidates").iterdir()))).open("rb") as file:
        return str(json.loads(file.readline())["key"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        found = measured(args.records, Path(root))
    if args.json:
        print(json.dumps({"records": args.records, **found}, indent=2))
        return
    print(f"{args.records:,} records")
    for name, one in found.items():
        print(f"{name:>12} {one['seconds']:8.2f} s {one['megabytes']:8.0f} MB")


if __name__ == "__main__":
    main()
