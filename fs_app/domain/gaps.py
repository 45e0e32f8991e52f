"""Texts with gaps, as an admin writes them, e.g. ``Paid: {amount}.``"""

from __future__ import annotations

import re
from collections.abc import Mapping

_GAP = re.compile(r"\{([a-z_]+)\}")


def gaps(text: str) -> frozenset[str]:
    """The names of the gaps in a text. ValueError where a brace belongs to none."""
    if re.search(r"[{}]", _GAP.sub("", text)):
        raise ValueError("a gap is a name in braces, e.g. {amount}")
    return frozenset(_GAP.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with every gap filled; what looks like a gap inside a value stays as it is. KeyError for a gap that
    has no value."""
    return _GAP.sub(lambda gap: values[gap[1]], text)
