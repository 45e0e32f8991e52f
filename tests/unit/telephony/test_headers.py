"""Framing: any bytes, any split, the same frames; and a caller's text never becomes a header."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.errors import ProtocolError
from fs_app.telephony.headers import MAX_FRAME, MAX_HEAD, Frame, Framer, decode_value

RECORDED = sorted((Path(__file__).parents[2] / "wire" / "recorded").glob("*.jsonl"))


def frames_of(*chunks: bytes) -> tuple[list[tuple[bytes, bytes]], bool]:
    """The frames, and whether the stream turned out to be broken."""
    framer, frames = Framer(), []
    for chunk in chunks:
        try:
            for frame in framer.frames(chunk):
                frames.append((frame.head, frame.body))
        except ProtocolError:
            return frames, True
    return frames, False


def split_at(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]


WELL_FORMED = st.lists(
    st.one_of(
        st.just(b"Content-Type: command/reply\nReply-Text: +OK\n\n"),
        st.binary(max_size=80).map(
            lambda body: b"Content-Length: %d\nContent-Type: text/event-plain\n\n%s" % (len(body), body)
        ),
    ),
    max_size=6,
).map(b"".join)
PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"\n\n", b"\n", b"Content-Length: ", b"Content-Type: x", b"7", b"-1", b"99999999999"]),
    ),
    max_size=12,
).map(b"".join)


@given(st.one_of(WELL_FORMED, PIECES), st.lists(st.integers(0, 2000), max_size=8))
def test_any_split_gives_the_same_frames_or_the_same_error(data, cuts):
    assert frames_of(*split_at(data, cuts)) == frames_of(data)


@given(WELL_FORMED)
def test_frames_hold_every_byte(data):
    frames, broken = frames_of(data)
    assert not broken
    assert b"".join(head + b"\n\n" + body for head, body in frames) == data


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_what_a_real_switch_wrote_is_framed(path):
    texts = [json.loads(line) for line in path.read_text().splitlines()]
    sent = [item["text"] for item in texts if item["from"] == "switch" and "text" in item]
    stream = b""
    for text in sent:
        head, _, body = text.partition("\n\n")
        lines = [line for line in head.split("\n") if not line.startswith("Content-Length: ")]
        stream += "\n".join([*lines, f"Content-Length: {len(body.encode())}"]).encode() + b"\n\n" + body.encode()
    frames, broken = frames_of(stream)
    assert not broken
    assert len(frames) == len(sent)


def test_an_encoded_newline_is_part_of_the_value():
    body = b"Event-Name: X\nCaller-Caller-ID-Name: Jane%0Avariable_paid%3A%20yes\n\n"
    frame = Frame(b"", body)
    assert frame.event("variable_paid") is None
    assert frame.event("Caller-Caller-ID-Name") == "Jane\nvariable_paid: yes"


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\r"])
def test_nothing_but_a_newline_splits_lines(separator):
    frame = Frame(b"", f"Event-Name: X\nName: a{separator}variable_paid: yes\nUnique-ID: u\n\n".encode())
    assert frame.event("variable_paid") is None
    assert frame.event("Unique-ID") == "u"


def test_bad_utf8_is_replaced():
    assert decode_value(b"a%ffb\xfe") == "a\ufffdb\ufffd"


@given(st.text())
def test_every_value_survives_the_wire(value):
    block = f"Event-Name: X\nvariable_v: {quote(value)}\nApplication-UUID: u\n\n".encode()
    frame = Frame(b"", block)
    assert frame.event("variable_v") == value
    assert frame.event("Application-UUID", last=True) == "u"


def test_a_header_is_found_by_its_whole_name():
    frame = Frame(b"X-Content-Length: 9\nContent-Length: 5", b"")
    assert frame.header("Content-Length") == "5"
    assert frame.header("Length") is None


@pytest.mark.parametrize(("digits", "keys"), [("4", "4"), ("%23", "#"), ("*", "*"), ("A3", "A3")])
def test_a_private_key(digits, keys):
    assert Frame(b"", f"key: x\ndigits: {digits}\n\n".encode()).keys == keys


def test_an_event_is_no_key():
    assert Frame(b"", b"Event-Name: X\ndigits: 4\n\n").keys is None


@pytest.mark.parametrize(
    "stream",
    [
        b"GET / HTTP/1.1\r\nHost: x\n\n",
        b"\n\n",
        b"Content-Type: a\nContent-Length: -1\n\n",
        b"Content-Type: a\nContent-Length: 1e3\n\n",
        b"Content-Type: a\nContent-Length: %d\n\n" % MAX_FRAME,
        b"Content-Type: a\nX: " + b"x" * MAX_HEAD,
    ],
)
def test_what_is_no_protocol_breaks_the_stream_for_good(stream):
    framer = Framer()
    for data in (stream, b"Content-Type: command/reply\n\n"):
        with pytest.raises(ProtocolError):
            list(framer.frames(data))


def test_a_long_header_block_within_bounds_is_a_frame():
    frames, broken = frames_of(b"Content-Type: a\nX: " + b"x" * 65536 + b"\n\n")
    assert (len(frames), broken) == (1, False)


def test_a_frame_does_not_show_what_a_caller_wrote():
    assert "secret" not in repr(Frame(b"a: secret", b"b: secret"))
