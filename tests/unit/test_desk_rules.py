"""What the console reads of conf/lines.yaml: rules and queues, again when the file changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fs_app.app.desk_rules import kept_fresh, load_desk_rules
from fs_app.errors import ConfigError
from fs_app.settings import Settings

LINES = """
lines:
  main: {queue: billing@default}
  rent: {payments: {maximum_minor: 9000}}
"""


def settings(folder: Path) -> Settings:
    return Settings.model_validate({"lines": str(folder / "lines.yaml"), "payments": {"maximum_minor": 5000}})


def write(folder: Path, text: str, at: int) -> None:
    path = folder / "lines.yaml"
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(at, at))


def test_each_line_has_its_rules_over_the_settings_and_every_queue_is_known(tmp_path: Path) -> None:
    write(tmp_path, LINES, 1)
    rules = load_desk_rules(settings(tmp_path))
    assert rules.queues == ("billing@default", "payments")
    assert [rules.of_line(name).maximum_minor for name in ("", "main", "rent", "gone")] == [5000, 5000, 9000, 5000]


def test_without_the_file_the_settings_count(tmp_path: Path) -> None:
    rules = load_desk_rules(settings(tmp_path))
    assert (rules.queues, rules.of_line("main").maximum_minor) == (("payments",), 5000)


def test_a_changed_file_counts_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, LINES, 1)
    current = kept_fresh(settings(tmp_path))
    write(tmp_path, LINES.replace("9000", "7000"), 2)
    assert current().of_line("rent").maximum_minor == 7000
    write(tmp_path, "lines: {rent: {payments: {maximum_minor: none}}}", 3)
    assert current().of_line("rent").maximum_minor == 7000
    with pytest.raises(ConfigError):
        kept_fresh(settings(tmp_path))
    (tmp_path / "lines.yaml").unlink()
    assert current().of_line("rent").maximum_minor == 5000
