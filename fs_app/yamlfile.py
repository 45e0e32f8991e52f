"""YAML in which every value knows its place, and nothing turns into something else by accident.

Scalars stay the text the admin wrote: ``no`` is not False, ``0123`` is not 83, ``12:30`` is not 750. Types come
from the pydantic model a document is validated against, and every complaint carries ``file:line:col``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fs_app.errors import ConfigError, Problem

Model = TypeVar("Model", bound=BaseModel)
# What pydantic says in words of Python.
_MAPPING = "this should be lines of `key: value`"
_PLAINLY = {
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "list_type": "this should be a list",
    "tuple_type": "this should be a list",
    "set_type": "this should be a list, e.g. [a, b]",
    "frozen_set_type": "this should be a list, e.g. [a, b]",
    "string_pattern_mismatch": "this is not written as it should be; allowed is {pattern}",
    "string_type": "this should be text",
    "int_parsing": "this should be a whole number",
    "float_parsing": "this should be a number",
    "bool_parsing": "this should be yes or no",
}

Place = tuple[str | int, ...]
"""Where a value is inside a document: keys and list positions from the top, e.g. ``("steps", "who", "next")``."""


@dataclass(frozen=True)
class Document:
    """A parsed file: ``data`` of str, list and dict only, and the position of every key and value. What came in
    from
    another file (`merged`) has that one's name in ``files``."""

    file: str
    data: Any
    keys: Mapping[Place, tuple[int, int]]
    values: Mapping[Place, tuple[int, int]]
    files: Mapping[Place, str] = field(default_factory=dict)

    def problem(self, place: Place, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """A complaint about the value at a place (or its key); the nearest enclosing value where it is absent."""
        marks = self.keys if at_key else self.values
        line, column = marks.get(place, (0, 0))
        while not line and place:
            place = place[:-1]
            line, column = self.values.get(place, (0, 0))
        return Problem(self.files.get(place, self.file), line, column, message, hint)


def merged(own: Document, other: Document, key: str) -> Document:
    """``own`` with what ``other`` has under a key and ``own`` has not: mappings are joined key by key, and for
    everything else ``own`` wins. What came in keeps its place in its own file."""
    found = other.data.get(key) if isinstance(other.data, dict) else None
    if not isinstance(found, dict) or not isinstance(own.data, dict):
        return own
    keys, values, files = dict(own.keys), dict(own.values), dict(own.files)

    def join(mine: Any, theirs: Any, here: Place) -> Any:
        if here not in values:
            for marks, others in ((keys, other.keys), (values, other.values)):
                marks.update({each: at for each, at in others.items() if each[: len(here)] == here})
            inside = [each for each in other.values if each[: len(here)] == here]
            files.update({each: other.files.get(each, other.file) for each in inside})
            return theirs
        if not isinstance(mine, dict) or not isinstance(theirs, dict):
            return mine
        return {**mine, **{name: join(mine.get(name), theirs[name], (*here, name)) for name in theirs}}

    data = {**own.data, key: join(own.data.get(key), found, (key,))}
    return replace(own, data=data, keys=keys, values=values, files=files)


def read(path: Path, *, name: str | None = None) -> Document:
    """Parse one file. ConfigError where it cannot be read, is no YAML, or has a key twice."""
    file = name or str(path)
    return parse(read_text(path, file), file)


def read_text(path: Path, file: str) -> str:
    """The text of a file. ConfigError where it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError([Problem(file, 0, 0, f"cannot read the file: {reason}")]) from error


def parse(text: str, file: str) -> Document:
    """Parse YAML text. ConfigError as for `read`."""
    document, problems = compose(text, file)
    if problems:
        raise ConfigError(problems)
    return document


def compose(text: str, file: str) -> tuple[Document, list[Problem]]:
    """Parse YAML text for a reader that has more to say about it: keys that stand twice are returned as problems,
    the last of them winning. ConfigError only where it is no YAML at all."""
    try:
        root = _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        message = " ".join(filter(None, (error.context, error.problem)))
        raise ConfigError([Problem(file, line, column, f"not YAML: {message}")]) from error
    except yaml.YAMLError as error:
        raise ConfigError([Problem(file, 0, 0, f"not YAML: {error}")]) from error
    keys: dict[Place, tuple[int, int]] = {}
    values: dict[Place, tuple[int, int]] = {}
    problems: list[Problem] = []

    def walk(node: yaml.Node | None, place: Place, above: tuple[int, ...]) -> Any:
        if node is None:
            return None
        values[place] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if id(node) in above:
            problems.append(Problem(file, *values[place], "an alias that contains itself"))
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            is_null = node.tag == "tag:yaml.org,2002:null" and not node.style
            return None if is_null else node.value
        if isinstance(node, yaml.SequenceNode):
            return [walk(item, (*place, index), above) for index, item in enumerate(node.value)]
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            at = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                problems.append(Problem(file, *at, "a key must be plain text"))
                continue
            key = key_node.value
            if key in result:
                problems.append(Problem(file, *at, f"{key!r} stands here twice"))
            keys[(*place, key)] = at
            result[key] = walk(value_node, (*place, key), above)
        return result

    data = walk(root, (), ())
    return Document(file, data, keys, values), problems


def _composed(text: str) -> yaml.Node | None:
    """libyaml is fifteen times as fast, where it is; what it does not take, the parser in Python may, and otherwise
    says in the same words everywhere what is wrong."""
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=yaml.CSafeLoader)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def validate(
    document: Document,
    model: type[Model],
    place: Place = (),
    data: Any = None,
    context: Mapping[str, Any] | None = None,
) -> Model:
    """Build a model from a document (or from the part of it at ``place``); ConfigError with every mistake.

    ``context`` is handed to the model's validators (pydantic's validation context)."""
    try:
        return model.model_validate(document.data if data is None else data, context=context)
    except ValidationError as error:
        raise ConfigError(_problems(document, model, place, error.errors())) from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean 'collect_card'?``, or the empty string where nothing is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def _problems(
    document: Document, model: type[BaseModel], place: Place, errors: list[ErrorDetails]
) -> Iterable[Problem]:
    for error in errors:
        where = (*place, *_known(document, place, error["loc"]))
        name = error["loc"][-1] if error["loc"] else ""
        if error["type"] == "extra_forbidden":
            fields = _fields_at(model, error["loc"][:-1])
            hint = did_you_mean(str(name), fields) or f"known here: {', '.join(sorted(fields))}"
            yield document.problem(where, f"unknown key {str(name)!r}", hint, at_key=True)
        elif error["type"] == "missing":
            yield document.problem(where, f"{str(name)!r} is missing here")
        else:
            typed = error["input"]
            shown = (
                f" ({typed!r})" if isinstance(typed, str) and "@" not in typed else ""
            )  # an URL may hold a password
            said = error["msg"].removeprefix("Value error, ").replace("Input should", "this should")
            plainly = _PLAINLY.get(error["type"])
            message = said if plainly is None else plainly.format_map(error.get("ctx", {}))
            yield document.problem(where, f"{name}: {message}{shown}" if name != "" else message)


def _known(document: Document, place: Place, loc: tuple[str | int, ...]) -> Place:
    """The part of a pydantic location that exists in the document: unions and defaults add names of their own."""
    found: Place = ()
    for part in loc:
        if (*place, *found, part) in document.values:
            found = (*found, part)
    return found


def _fields_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    current: Any = model
    for part in loc:
        fields = getattr(current, "model_fields", None)
        if fields is None:  # the key of a mapping, or the place in a list
            current = _model_in(current)
            continue
        named = fields.get(part) or next((each for each in fields.values() if each.alias == part), None)
        if named is None:
            return []
        current = named.annotation
    inside = _model_in(current)
    return [field.alias or name for name, field in getattr(inside, "model_fields", {}).items()]


def _model_in(annotation: Any) -> Any:
    """The model that an annotation is about: itself, or what a mapping, a list or a union of it holds."""
    if hasattr(annotation, "model_fields"):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each)) is not None), None)
