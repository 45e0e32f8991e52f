"""YAML in which every value knows its place."""

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from fs_app import yamlfile
from fs_app.errors import ConfigError


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    count: int = 0
    on: bool = False
    names: list[str] = []


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: Inner = Inner()


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        yamlfile.validate(yamlfile.parse(text, "f.yaml"), Outer)
    return [str(problem) for problem in raised.value.problems]


def test_nothing_turns_into_something_else() -> None:
    text = "a: no\nb: 0123\nc: 12:30\nd: 1e3\ne: 2026-01-31\nf: ~\ng: '~'\nh: 0x10\n"
    assert yamlfile.parse(text, "f").data == {
        "a": "no", "b": "0123", "c": "12:30", "d": "1e3", "e": "2026-01-31", "f": None, "g": "~", "h": "0x10",
    }  # fmt: skip


def test_types_come_from_the_model() -> None:
    outer = yamlfile.validate(yamlfile.parse("inner: {count: 5, on: yes, names: [no, 012]}", "f"), Outer)
    assert outer.inner == Inner(count=5, on=True, names=["no", "012"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inner:\n  count: x", "f.yaml:2:10: count: this should be a whole number ('x')"),
        ("inner: {on: maybe}", "f.yaml:1:13: on: this should be yes or no ('maybe')"),
        ("inner: {names: a}", "f.yaml:1:16: names: this should be a list ('a')"),
        ("inner: a", "f.yaml:1:8: inner: this should be lines of `key: value` ('a')"),
        ("iner: {}", "f.yaml:1:1: unknown key 'iner'; did you mean 'inner'?"),
        ("inner: {xyz: 1}", "f.yaml:1:9: unknown key 'xyz'; known here: count, names, on"),
    ],
)
def test_a_mistake_has_its_place(text: str, expected: str) -> None:
    assert problems(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: {c: 2, c: 3}\na: 4", ["f:2:11: 'c' stands here twice", "f:3:1: 'a' stands here twice"]),
        ("? [a]\n: b", ["f:1:3: a key must be plain text"]),
        ("a: [b", ["f:1:6: not YAML: while parsing a flow sequence expected ',' or ']', but got '<stream end>'"]),
        ("a: \x01", ["f: not YAML: "]),
    ],
)
def test_what_cannot_be_read_is_told(text: str, expected: list[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        yamlfile.parse(text, "f")
    found = [str(problem) for problem in raised.value.problems]
    assert len(found) == len(expected)
    assert all(line.startswith(start) for line, start in zip(found, expected, strict=True))


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the file: No such file"):
        yamlfile.read(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="it is not UTF-8 text"):
        yamlfile.read(tmp_path / "bytes.yaml")


ROOT = Path(__file__).parents[2]
SHIPPED = [*ROOT.glob("conf/*.yaml"), *ROOT.glob("conf/flows/*.yaml"), ROOT / "sounds" / "phrases.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        *(path.read_text(encoding="utf-8") for path in SHIPPED),
        "a: ~\nb:\nc: ''\nd: '~'\né: {ü: [1, 2]}\n",
        "- x\n- |\n  two\n  lines\n- >-\n  folded\n",
        "base: &b {k: 1}\nother: *b\n",
        "a: {b: 1, b: 2}\n",
    ],
)
def test_libyaml_and_the_parser_in_python_see_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert yaml.__with_libyaml__, "PyYAML is here without libyaml: install its wheel"
    fast = yamlfile.compose(text, "f")
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert yamlfile.compose(text, "f") == fast
