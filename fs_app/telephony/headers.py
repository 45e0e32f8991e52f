"""What the switch writes, cut into frames; headers are looked up on demand. No I/O.

An event has about 200 headers and a call needs three of them, so a frame keeps its bytes and searches them. Three
laws keep a caller from writing headers of their own:

* lines are split on ``b"\\n"`` and nothing else (a caller's name may hold U+2028, a carriage return, anything);
* a value is URL-decoded only after its line was cut out (``%0Avariable_x%3A%20y`` in a name stays a name);
* bytes that are not UTF-8 are replaced, never raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from urllib.parse import unquote_to_bytes

from fs_app.errors import ProtocolError

MAX_HEAD = 256 * 1024  # bytes of one header block; a real one is 7 kB
MAX_FRAME = 1024 * 1024  # bytes of one frame, head and body


def decode_value(raw: bytes) -> str:
    """One header value as text: URL-decoded, bad UTF-8 replaced."""
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return raw.decode("utf-8", "replace")


class Header:
    """A header that is looked up in blocks of lines."""

    __slots__ = ("_first", "_further", "_skip")

    def __init__(self, name: str) -> None:
        self._first = name.encode("ascii") + b": "
        self._further = b"\n" + self._first
        self._skip = len(self._further)

    def find(self, block: bytes) -> bytes | None:
        """The raw value of the first header of that name, or None."""
        if block.startswith(self._first):
            start = self._skip - 1
        else:
            start = block.find(self._further)
            if start < 0:
                return None
            start += self._skip
        end = block.find(b"\n", start)
        return block[start:] if end < 0 else block[start:end]

    def find_last(self, block: bytes) -> bytes | None:
        """The raw value of the last header of that name, searched from the end, where an event's
        ``Application-*`` headers stand; the block's first line is left out."""
        start = block.rfind(self._further)
        if start < 0:
            return None
        start += self._skip
        end = block.find(b"\n", start)
        return block[start:] if end < 0 else block[start:end]


CONTENT_TYPE, CONTENT_LENGTH = Header("Content-Type"), Header("Content-Length")
REPLY_TEXT = Header("Reply-Text")
_DIGITS = Header("digits")
APPLICATION_UUID, APPLICATION_RESPONSE = Header("Application-UUID"), Header("Application-Response")
_KEY = b"uuid_setvar: ", b"key: "  # what the keypad binds, and what an earlier release of a server bound
_known: dict[str, Header] = {}


def _header(name: str) -> Header:
    found = _known.get(name)
    if found is None:
        found = _known[name] = Header(name)
    return found


class Kind(Enum):
    """What a message is, by its head."""

    EVENT = "text/event-plain"
    DONE = "command/reply that begins with +OK"
    REPLY = "command/reply"
    ANSWER = "api/response"
    NOTICE = "text/disconnect-notice, text/rude-rejection"
    OTHER = "anything else"


_KINDS = {
    b"text/event-plain": Kind.EVENT,
    b"command/reply": Kind.REPLY,
    b"api/response": Kind.ANSWER,
    b"text/disconnect-notice": Kind.NOTICE,
    b"text/rude-rejection": Kind.NOTICE,
}


class Frame:
    """One message of the switch. Its bytes hold what a caller wrote: repr shows sizes, and nobody logs a frame."""

    __slots__ = ("body", "head", "kind")

    def __init__(self, head: bytes, body: bytes, kind: Kind = Kind.OTHER) -> None:
        self.head = head
        self.body = body
        self.kind = kind

    def __repr__(self) -> str:
        return f"<Frame {len(self.head)}+{len(self.body)} bytes>"

    def header(self, name: str) -> str | None:
        """A header of the message itself (``Content-Type``, ``Reply-Text``), decoded."""
        return _decoded(_header(name).find(self.head))

    def event(self, name: str, *, last: bool = False) -> str | None:
        """A header of the event in the body (``Event-Name``, ``variable_cc_cause``), decoded; ``last`` searches
        from the end."""
        header = _header(name)
        return _decoded(header.find_last(self.body) if last else header.find(self.body))

    def variables(self, prefix: str) -> dict[str, str]:
        """The variables of the message's channel whose names begin so, by the rest of their names, decoded; the
        first of each. One pass, also where there are none."""
        mark, at = b"\nvariable_" + prefix.encode("ascii"), -1
        found: dict[str, str] = {}
        while (at := self.head.find(mark, at + 1)) >= 0:
            end = self.head.find(b"\n", at + 1)
            name, _, value = self.head[at + len(mark) : end if end >= 0 else None].partition(b": ")
            found.setdefault(decode_value(name), decode_value(value))
        return found

    @property
    def content_type(self) -> bytes:
        """What kind of message it is: ``command/reply``, ``api/response``, ``text/event-plain``..."""
        return CONTENT_TYPE.find(self.head) or b""

    @property
    def keys(self) -> str | None:
        """The keys of a private keypad message (``uuid_setvar: ...``, ``digits: 4``), None where it is none."""
        return _decoded(_DIGITS.find_last(self.body)) if self.body.startswith(_KEY) else None


def _decoded(raw: bytes | None) -> str | None:
    return None if raw is None else decode_value(raw)


class Framer:
    """Cuts a stream of bytes into frames, however it was split on the way.

    A head is looked at once: the switch sends an event's body after it, in a write of its own.
    """

    __slots__ = ("_broken", "_buffer", "_head", "_kind", "_length")

    def __init__(self) -> None:
        self._buffer = b""
        self._head: bytes | None = None  # of a frame whose body is still on its way
        self._length = 0  # of that body
        self._kind = Kind.OTHER
        self._broken = False

    @property
    def pending(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer) + (0 if self._head is None else len(self._head) + 2)

    def frames(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole with what arrived. Who stops before the last gets the others next time.

        ProtocolError where the stream cannot be the event socket protocol or a frame is too long; nothing can be
        read after that.
        """
        self._buffer = buffer = self._buffer + data if self._buffer else data
        while buffer:
            head = self._head
            if head is None:
                end = buffer.find(b"\n\n", 0, MAX_HEAD + 2)
                if end < 0 or self._broken:
                    self._check(len(buffer))
                    return
                head = buffer[:end]
                self._begin(head)
                self._buffer = buffer = buffer[end + 2 :]
            length = self._length
            if len(buffer) < length:
                return
            self._head = None
            if len(buffer) == length:
                self._buffer, body = b"", buffer
            else:
                self._buffer, body = buffer[length:], buffer[:length]
            yield Frame(head, body, self._kind)
            buffer = self._buffer

    def _begin(self, head: bytes) -> None:
        known = _heads.get(head)
        try:
            self._length, self._kind = known or _read_head(head)
            if len(head) + 2 + self._length > MAX_FRAME:
                raise ProtocolError("a frame is too long")
        except ProtocolError:
            self._broken, self._buffer = True, b""
            raise
        self._head = head

    def _check(self, length: int) -> None:
        if self._broken:
            raise ProtocolError("the stream was broken before")
        if length >= MAX_HEAD + 2:
            self._broken, self._buffer = True, b""
            raise ProtocolError("a header block is too long")


# A switch writes the same few heads again and again: what was read in one is kept, so that it is not read again.
_heads: dict[bytes, tuple[int, Kind]] = {}
_KEPT_HEADS, _KEPT_BYTES = 2048, 100


def _read_head(head: bytes) -> tuple[int, Kind]:
    """How long the body is, and what the message is. ProtocolError where that is no head."""
    content_type = CONTENT_TYPE.find(head)
    if content_type is None:
        raise ProtocolError("a message without Content-Type")
    text = CONTENT_LENGTH.find(head)
    if text is not None and (not text.isdigit() or len(text) > 9):
        raise ProtocolError("Content-Length is not a number")
    kind = _KINDS.get(content_type, Kind.OTHER)
    if kind is Kind.REPLY and (REPLY_TEXT.find(head) or b"").startswith(b"+OK"):
        kind = Kind.DONE
    read = (0 if text is None else int(text), kind)
    if len(head) <= _KEPT_BYTES:
        if len(_heads) >= _KEPT_HEADS:
            _heads.clear()
        _heads[head] = read
    return read
