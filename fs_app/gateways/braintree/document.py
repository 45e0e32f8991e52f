"""The gateway's answers as the SDK's own parser reads them, on a lighter tree.

The SDK reads with minidom, which takes seven tenths of all processor time it needs for a payment, in pieces of
several milliseconds while no other call can go on, and leaves a thousand objects an answer in circles for the
collector of garbage. What it makes of a tree stays its own code; this is a tree of what that looks at.
"""

from __future__ import annotations

import re
from xml.dom.minidom import Node
from xml.parsers import expat

from braintree.util import xml_util
from braintree.util.parser import Parser

_BETWEEN_TAGS = re.compile(r">\s+<")
_NONE: dict[str, Attribute] = {}


class Attribute(str):
    """An attribute's value, where minidom has a node."""

    __slots__ = ()

    @property
    def value(self) -> str:
        """What it says."""
        return self


class Text:
    """What stands between tags."""

    __slots__ = ("nextSibling", "nodeValue")
    nodeType = Node.TEXT_NODE

    def __init__(self, said: str) -> None:
        self.nodeValue = said
        self.nextSibling: Element | Text | None = None


class Element:
    """A tag and what it holds; nothing points back."""

    __slots__ = ("attributes", "firstChild", "nextSibling", "tagName")
    nodeType = Node.ELEMENT_NODE

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.tagName = name
        self.attributes = {key: Attribute(value) for key, value in attributes.items()} if attributes else _NONE
        self.firstChild: Element | Text | None = None
        self.nextSibling: Element | Text | None = None


class Document:
    """The root, as ``documentElement``. `xml.parsers.expat.ExpatError` for what is no XML."""

    __slots__ = ("_last", "_open", "documentElement")

    def __init__(self, text: str) -> None:
        self.documentElement: Element | None = None
        self._open: list[Element] = []
        self._last: list[Element | Text | None] = []  # the last child of each that is open
        reader = expat.ParserCreate()
        reader.buffer_text = True
        reader.StartElementHandler = self._begin
        reader.EndElementHandler = self._end
        reader.CharacterDataHandler = self._say
        try:
            reader.Parse(text, True)
        finally:  # each holds the other
            reader.StartElementHandler = reader.EndElementHandler = reader.CharacterDataHandler = None

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name, attributes)
        if self._open:
            self._add(element)
        else:
            self.documentElement = element
        self._open.append(element)
        self._last.append(None)

    def _end(self, _name: str) -> None:
        self._open.pop()
        self._last.pop()

    def _say(self, said: str) -> None:
        self._add(Text(said))

    def _add(self, child: Element | Text) -> None:
        last = self._last[-1]
        if last is None:
            self._open[-1].firstChild = child
        else:
            last.nextSibling = child
        self._last[-1] = child


class LightParser(Parser):  # type: ignore[misc]
    """The SDK's parser, but for the tree."""

    def __init__(self, xml: str | bytes) -> None:
        text = xml.decode("utf-8") if isinstance(xml, bytes) else xml
        self.doc = Document(_BETWEEN_TAGS.sub("><", text).strip())


def read_lightly() -> None:
    """Have the SDK read answers so."""
    xml_util.Parser = LightParser
