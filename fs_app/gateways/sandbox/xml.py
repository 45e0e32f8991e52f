"""The gateway's XML dialect: requests into plain trees, answers from plain trees.

Dashes and underscores mean the same in a request. In an answer a nil element carries no type, as the SDK
otherwise fails on it. Entities and document types are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

Tree = dict[str, Any]

MAX_BYTES = 1 << 20
_MAX_DEPTH = 16


class MalformedXml(Exception):
    """The body is not XML, or XML that nobody sends in earnest. The message never quotes it."""


@dataclass(frozen=True, slots=True)
class Items:
    """An element of type array: ``tag`` names each child."""

    tag: str
    items: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """An element of type collection: a page of a search."""

    head: Mapping[str, Any]
    tag: str
    items: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Symbol:
    """Text of type symbol."""

    text: str


def parse(body: bytes) -> tuple[str, Tree]:
    """The root's name and its tree: text, bool, datetime (UTC), None for nothing, list, dict. MalformedXml."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise MalformedXml("not XML") from None
    value = _value(root, 0)
    if value is not None and not isinstance(value, dict):
        raise MalformedXml("the root holds no elements")
    return _name(root), value or {}


def render(root: str, node: Any) -> bytes:
    """The document for an answer; names are given with underscores and written with dashes."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + _element(root, node)).encode()


def _name(element: Element) -> str:
    return element.tag.replace("-", "_")


def _value(element: Element, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise MalformedXml("nested too deeply")
    kind = element.get("type")
    if kind == "array":
        return [_value(child, depth + 1) for child in element]
    if len(element):
        return {_name(child): _value(child, depth + 1) for child in element}
    text = element.text
    if element.get("nil") == "true" or not text:
        return None
    if kind == "boolean":
        return text in ("true", "1")
    if kind == "datetime":
        return _moment(text)
    return text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MalformedXml("not a time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _element(name: str, node: Any) -> str:
    tag = name.replace("_", "-")
    attribute, content = _content(node)
    return f"<{tag}{attribute}>{content}</{tag}>" if content else f"<{tag}{attribute}/>"


def _content(node: Any) -> tuple[str, str]:
    """The attributes and the inner text of an element."""
    match node:
        case None:
            return ' nil="true"', ""
        case bool():
            return _typed("boolean"), str(node).lower()
        case int():
            return _typed("integer"), str(node)
        case str():
            return "", _text(node)
        case Decimal():
            return "", f"{node:.2f}"
        case datetime():
            return _typed("datetime"), node.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return _typed("date"), node.isoformat()
        case Symbol():
            return _typed("symbol"), _text(node.text)
        case Items():
            return _typed("array"), _children((node.tag, item) for item in node.items)
        case Collection():
            pairs = [*node.head.items(), *((node.tag, item) for item in node.items)]
            return _typed("collection"), _children(pairs)
        case Mapping():
            return "", _children(node.items())
    raise TypeError(f"no XML for {type(node).__name__}")


def _children(pairs: Any) -> str:
    return "".join(_element(name, value) for name, value in pairs)


def _typed(kind: str) -> str:
    return f" type={quoteattr(kind)}"


def _text(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
