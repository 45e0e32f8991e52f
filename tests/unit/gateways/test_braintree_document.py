"""The light tree reads what the SDK's own parser reads: minidom is asked the same, whatever the answer is."""

from __future__ import annotations

import gc
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape, quoteattr

import pytest
from braintree.util.parser import Parser
from hypothesis import given
from hypothesis import strategies as st

from fs_app.gateways.braintree.document import LightParser

NAMES = st.sampled_from(["amount", "credit-card", "id", "item", "last-4", "errors", "created-at"])
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=12)
LEAVES = st.one_of(
    st.integers().map(lambda number: ("integer", str(number))),
    st.sampled_from(["true", "false", "1"]).map(lambda word: ("boolean", word)),
    st.datetimes().map(lambda moment: ("datetime", f"{moment:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0"))),
    st.dates().map(lambda day: ("date", day.isoformat())),
    WORDS.map(lambda word: ("", word)),
)


def written(name: str, kind: str, inside: str, more: str = "") -> str:
    of_kind = f" type={quoteattr(kind)}" if kind else ""
    return f"<{name}{of_kind}{more}>{inside}</{name}>"


@st.composite
def answers(draw: st.DrawFn, depth: int = 3) -> str:
    """An answer's element: a value, nothing, an array or a hash."""
    name = draw(NAMES)
    shape = draw(st.sampled_from(["value", "nothing", "nil", "array", "hash"] if depth else ["value", "nil"]))
    if shape == "nil":
        return written(name, draw(st.sampled_from(["", "string"])), "", ' nil="true"')
    if shape == "nothing":
        return draw(st.sampled_from([f"<{name}/>", f"<{name}></{name}>"]))
    if shape == "value":
        kind, said = draw(LEAVES)
        return written(name, kind, escape(said))
    between = draw(st.sampled_from(["", "\n  "]))
    inside = between.join(draw(st.lists(answers(depth - 1), max_size=4)))
    return written(name, "array" if shape == "array" else "", f"{between}{inside}{between}")


@given(answers())
def test_it_reads_what_the_sdk_reads(answer: str) -> None:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<transaction>\n  {answer}\n</transaction>\n'
    read = LightParser(text).parse()
    assert read == Parser(text).parse()
    assert read == LightParser(text.encode()).parse()


@pytest.mark.parametrize("broken", ["", "<a>", "<a></b>", "502 Bad Gateway", "<a/><b/>", '<a b="1" b="2"/>'])
def test_what_the_sdk_cannot_read_is_refused_alike(broken: str) -> None:
    with pytest.raises(ExpatError):
        Parser(broken)
    with pytest.raises(ExpatError):
        LightParser(broken)


def test_an_answer_leaves_nothing_in_circles() -> None:
    text = "<transaction><id>4f</id><items type='array'><item><a>1</a></item><item/></items></transaction>"
    LightParser(text).parse()
    gc.collect()
    gc.disable()
    try:
        assert LightParser(text).parse() == {"transaction": {"id": "4f", "items": [{"a": "1"}, ""]}}
        assert gc.collect() == 0
    finally:
        gc.enable()
