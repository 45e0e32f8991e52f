"""docs/settings.md tells the truth about every setting, and conf/fs_app.yaml does not say otherwise."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, Field

from fs_app.settings import Settings, load_settings
from fs_app.settings.describe import describe, replace_tables
from fs_app.settings.lines import LinesFile
from fs_app.settings.values import Part

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
SHIPPED = ROOT / "conf" / "fs_app.yaml"
TABLES = (describe(Settings, rest="At the top of the file"), describe(LinesFile, rest="At the top of the file"))


def rows(text):
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"
    ]


def test_the_page_has_every_setting_as_it_is():
    assert replace_tables(PAGE, TABLES) == PAGE, "write it anew with fs_app.settings.describe.replace_tables"


def test_every_setting_says_what_it_means():
    for text in TABLES:
        for name, _, _, meaning in rows(text):
            assert meaning, f"{name} needs a description"


def test_what_the_shipped_file_sets_are_the_defaults_and_in_the_tables(tmp_path):
    empty = tmp_path / "conf" / "fs_app.yaml"
    empty.parent.mkdir()
    empty.write_text("{}")
    text = SHIPPED.read_text(encoding="utf-8")
    assert values(SHIPPED, SHIPPED.parents[1]) == values(empty, tmp_path)
    for part, value in yaml.safe_load(text).items():
        for name in value if isinstance(value, dict) else [part]:
            assert f"| `{name}` |" in TABLES[0] or f"| `{name}." in TABLES[0], f"{part}.{name}"


def values(path, folder):
    """The settings of a file, with its folder taken out of the paths."""

    def moved(value):
        if isinstance(value, dict):
            return {name: moved(inner) for name, inner in value.items()}
        return str(value).replace(str(folder), "") if isinstance(value, str | Path) else value

    return moved(load_settings(path)[0].model_dump())


class Inner(Part):
    """Something within."""

    wait_seconds: float = Field(1.5, gt=0, description="how long")
    limit: int | None = Field(None, ge=1, le=9, description="how many")


class Outer(Part):
    """A part."""

    inner: Inner = Inner()
    other: Inner = Field(Inner(limit=3), description="with more of it")
    names: tuple[str, ...] = Field(("a", "a", "b"), description="who")
    on: bool = Field(False, description="whether")


class File(Part):
    outer: Outer = Outer()
    name: str = Field(description="what it is called")


def test_a_part_within_a_part_is_told_by_its_dotted_names():
    text = describe(File, rest="The rest")
    assert rows(text) == [
        ["`inner.wait_seconds`", "`1.5`", "more than 0 seconds", "how long"],
        ["`inner.limit`", "", "1 to 9", "how many"],
        ["`other`", "", "", "with more of it"],
        ["`other.wait_seconds`", "`1.5`", "more than 0 seconds", "how long"],
        ["`other.limit`", "`3`", "1 to 9", "how many"],
        ["`names`", "`[2 times a, b]`", "a list of values", "who"],
        ["`on`", "`no`", "yes or no", "whether"],
        ["`name`", "must be set", "", "what it is called"],
    ]
    assert "### outer\n\nA part.\n" in text
    assert "### The rest\n" in text


def test_a_secret_default_is_not_printed():
    assert "fs_app_demo_private" not in TABLES[0]
    assert any(row[0] == "`private_key`" and row[1] == "the local gateway's" for row in rows(TABLES[0]))


def test_a_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="no markers"):
        replace_tables("nothing here", TABLES)


def test_every_model_of_the_settings_is_in_the_tables():
    for model in parts_of(Part):
        if model.__module__.startswith("fs_app.settings") and model not in (Settings, LinesFile):
            for name, info in model.model_fields.items():
                known = info.alias or name
                assert any(re.search(rf"[`.]{known}[`.]", text) for text in TABLES), f"{model}.{name}"


def parts_of(model: type[BaseModel]):
    for child in model.__subclasses__():
        yield child
        yield from parts_of(child)
