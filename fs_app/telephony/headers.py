"""What the switch writes, cut into frames; headers are looked up on demand. No I/O.

An event has about 200 headers and a call needs three of them, so a frame keeps its bytes and searches them. Three
laws keep a caller from writing headers of their own:

* lines are split on ``b"\\n"`` and nothing else (a caller's name may hold U+2028, a carriage return, anything);
* a value is URL-decoded only after its line was cut out (``%0Avariable_x%3A%20y`` in a name stays a name);
* bytes that are not UTF-8 are replaced, never raised.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from fs_app.errors import ProtocolError

MAX_HEAD = 256 * 1024  # bytes of one header block; a real one is 7 kB
MAX_FRAME = 1024 * 1024  # bytes of one frame, head and body


def decode_value(raw: bytes) -> str:
    """One header value as text: URL-decoded, bad UTF-8 replaced."""
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return raw.decode("utf-8", "replace")


def find_value(block: bytes, name: bytes, *, last: bool = False) -> bytes | None:
    """The raw value of the first (or last) header of that name in a block of lines, or None.

    ``last`` searches from the end, where an event's ``Application-*`` headers stand.
    """
    mark = name + b": "
    if not last and block.startswith(mark):
        start = len(mark)
    else:
        found = (block.rfind if last else block.find)(b"\n" + mark)
        if found < 0:
            return None
        start = found + 1 + len(mark)
    end = block.find(b"\n", start)
    return block[start:] if end < 0 else block[start:end]


class Frame:
    """One message of the switch. Its bytes hold what a caller wrote: repr shows sizes, and nobody logs a frame."""

    __slots__ = ("body", "head")

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head = head
        self.body = body

    def __repr__(self) -> str:
        return f"<Frame {len(self.head)}+{len(self.body)} bytes>"

    def header(self, name: str) -> str | None:
        """A header of the message itself (``Content-Type``, ``Reply-Text``), decoded."""
        return _decoded(find_value(self.head, name.encode("ascii")))

    def event(self, name: str, *, last: bool = False) -> str | None:
        """A header of the event in the body (``Event-Name``, ``variable_cc_cause``), decoded."""
        return _decoded(find_value(self.body, name.encode("ascii"), last=last))

    @property
    def content_type(self) -> bytes:
        """What kind of message it is: ``command/reply``, ``api/response``, ``text/event-plain``..."""
        return find_value(self.head, b"Content-Type") or b""

    @property
    def keys(self) -> str | None:
        """The keys of a private keypad message (``key: x``, ``digits: 4``), None where the frame is none."""
        return self.event("digits") if self.body.startswith(b"key: ") else None


def _decoded(raw: bytes | None) -> str | None:
    return None if raw is None else decode_value(raw)


class Framer:
    """Cuts a stream of bytes into frames, however it was split on the way.

    ``feed`` what arrived, then take ``next_frame`` until it is None. ProtocolError where the stream cannot be the
    event socket protocol or a frame is too long; nothing can be read after that.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._broken = False

    @property
    def pending(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._buffer = self._buffer + data if self._buffer else data

    def next_frame(self) -> Frame | None:
        """The oldest whole frame, or None until more bytes arrive."""
        if self._broken:
            raise ProtocolError("the stream was broken before")
        try:
            return self._cut()
        except ProtocolError:
            self._broken = True
            self._buffer = b""
            raise

    def _cut(self) -> Frame | None:
        buffer = self._buffer
        head_end = buffer.find(b"\n\n", 0, MAX_HEAD + 2)
        if head_end < 0:
            if len(buffer) >= MAX_HEAD + 2:
                raise ProtocolError("a header block is too long")
            return None
        head = buffer[:head_end]
        start = head_end + 2
        length = _body_length(head)
        if start + length > MAX_FRAME:
            raise ProtocolError("a frame is too long")
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return Frame(head, buffer[start : start + length])


def _body_length(head: bytes) -> int:
    if find_value(head, b"Content-Type") is None:
        raise ProtocolError("a message without Content-Type")
    text = find_value(head, b"Content-Length")
    if text is None:
        return 0
    if not text.isdigit() or len(text) > 9:
        raise ProtocolError("Content-Length is not a number")
    return int(text)
