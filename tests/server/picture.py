"""Draws the picture of `metaan screen` that docs/living.md shows, from a made-up review.

python -m tests.server.picture docs/screen.svg
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from metaan.cli.screening.app import ScreenApp
from metaan.records.record import AbstractPart
from metaan.registry.store.json_files import json_bytes
from metaan.workflows.screen.session import Session

from .candidates import candidate, written
from .living import NOW, at, registry

AUTHORS = ["Abeille", "Bij", "Biene", "Mehiläinen", "Μέλισσα", "蜜蜂", "Lebah", "Пчела", "Nyuki", "Arı", "Nahla", "Méh"]
RULES = """
screening: {reviewers: 2, full_text: true, reasons: [no control arm, another drug], highlight: {exclude: [mice, wasps]}}
"""
ABSTRACT = {
    "BACKGROUND": "Zymodrug calms bees in the laboratory and mice in the field. Whether it lets a hive last through "
    "the winter is not known.",
    "METHODS": "We randomised 240 hives in six valleys to zymodrug in syrup or to syrup alone (NCT99999942). Hives "
    "that shared a meadow with wasps were left out. The primary outcome was the loss of the hive by day 90.",
    "RESULTS": "By day 90, 9 of 120 hives with zymodrug (7.5%) and 21 of 120 with syrup alone (17.5%) were lost. "
    "Foragers of both groups came home equally often.",
    "CONCLUSIONS": "Fewer hives were lost with zymodrug.",
}


def drawn(folder: Path) -> str:
    """Return the full screen as SVG, which asks no other host for its letters."""
    written(folder, len(AUTHORS))
    for number, name in enumerate(AUTHORS, 1):
        made = candidate(number).model_copy(
            update={
                "title": "Zymodrug in honey bees before the winter: a randomised controlled trial in six valleys.",
                "authors": (f"{name} A", "Drone B", "Worker C"),
                "abstract": tuple(AbstractPart(label=label, text=text) for label, text in ABSTRACT.items()),
            }
        )
        (folder / "candidates" / f"{made.key}.json").write_bytes(json_bytes(made))

    async def shot() -> str:
        app = ScreenApp(Session(folder, "A. Reader", run=at(NOW)))
        async with app.run_test(size=(100, 28)) as pilot:
            await pilot.press("i", "e", "2", "l")
            await pilot.pause()
            return app.export_screenshot(title="metaan screen")

    svg = re.sub(r"@font-face \{.*?\}", "", asyncio.run(shot()), flags=re.DOTALL)
    return re.sub(r"terminal-\d+", "screen", svg).replace("Fira Code", "DejaVu Sans Mono")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as root:
        Path(sys.argv[1]).write_text(drawn(registry(Path(root), more=RULES)), encoding="utf-8")
