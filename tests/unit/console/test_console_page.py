"""docs/console.md says who may do what as the table of rights does, and names every command."""

from __future__ import annotations

import re
from pathlib import Path

from fs_app.commands.user import user
from fs_app.domain.people import RIGHTS, Role

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "console.md").read_text(encoding="utf-8")


def test_the_table_of_rights_is_the_one_in_force() -> None:
    head = next(line for line in PAGE.splitlines() if line.startswith("| right |"))
    roles = [Role(cell.strip()) for cell in head.strip("|").split("|")[1:]]
    written = {}
    for line in PAGE.splitlines():
        match = re.match(r"\| (\w+): [^|]*\|(.*)\|$", line)
        if match:
            cells = [cell.strip() for cell in match[2].split("|")]
            written[match[1]] = {role for role, cell in zip(roles, cells, strict=True) if cell == "yes"}
    assert written == {right: set(allowed) for right, allowed in RIGHTS.items()}


def test_every_command_is_named() -> None:
    assert set(user.commands) == set(re.findall(r"fs-app (?:--config \S+ )?user ([a-z-]+)", PAGE))
