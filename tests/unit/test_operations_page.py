"""docs/operations.md names log lines and metrics that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What other programs write, commands, settings and values.
NOT_OURS = re.compile(
    r"fs-app|callcenter_config|database\.|gateway\.|calls\.|switch\.|^code$|^(uuid|path|outcome|jobs)$"
)


def test_every_line_of_the_log_and_every_metric_it_names_exists() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    source = "\n".join(path.read_text() for path in (ROOT / "fs_app").rglob("*.py"))
    named = {word for word in re.findall(r"`([^`]+)`", page) if not NOT_OURS.search(word)}
    metrics = {word.partition("{")[0] for word in named if word.startswith("fs_app_")}
    assert len(metrics) >= 5 and len(named) >= 25
    for word in named:
        name = word.partition("{")[0].removesuffix("_total") if word in metrics or "{" in word else word
        name = name.removesuffix("_total").rpartition(":")[2]
        assert f'"{name}"' in source or f"{name}=" in source or f"{name!r}" in source, word
