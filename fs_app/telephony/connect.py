"""What the connect reply tells about a call: a few headers, each held to a strict pattern. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fs_app.errors import ProtocolError
from fs_app.telephony import commands
from fs_app.telephony.headers import Frame, Header

_SDP = Header("variable_switch_r_sdp")


class KeyWay(StrEnum):
    """How the keys of a caller come to the switch."""

    EVENT = "telephone-event"
    TONES = "tones"
    SIP_INFO = "SIP INFO"


@dataclass(frozen=True, slots=True)
class ConnectInfo:
    """What a call says about itself. A value that is missing or does not match its strict pattern is None."""

    uuid: str
    caller_id: str | None = None
    flow: str | None = None
    language: str | None = None
    line: str | None = None
    queue: str | None = None
    number: str | None = None  # which entry of lines.yaml the call came to
    attempt: int = 1
    moved: bool = False  # another server let go of the call, because it is about to stop
    given_up: bool = False  # a server failed and could not even hand the call to the queue
    telephone_event: bool | None = None  # whether the caller's side offers it; None where there is no SDP
    core: str | None = None  # the uuid of the switch, new at each of its starts
    talked: bool = False  # with a person, since a server that is gone led the call to one
    extension: tuple[str, str] | None = None  # where in the dialplan the call came to us: number and context

    @property
    def keys(self) -> KeyWay:
        """How keys come: as tones where the line says so, or where the caller's side offers no telephone-event.

        The switch calls a line without telephone-event one of SIP INFO; most of them send tones, and the switch
        takes SIP INFO beside these. So a line is one of SIP INFO alone only where it says so.
        """
        if self.line == "info":
            return KeyWay.SIP_INFO
        return KeyWay.TONES if self.line == "inband" or self.telephone_event is False else KeyWay.EVENT

    @property
    def inband(self) -> bool:
        """True where keys have to be heard in the audio."""
        return self.keys is KeyWay.TONES


def read_connect(frame: Frame) -> ConnectInfo:
    """The few headers of the connect reply that a call needs. ProtocolError where there is no usable uuid."""

    ours = frame.variables("fs_app_")

    def variable(name: str, pattern: str) -> str | None:
        return commands.matching(pattern, ours.get(name))

    uuid = commands.matching(commands.UUID, frame.header("Unique-ID"))
    if uuid is None:
        raise ProtocolError("the connect reply has no usable Unique-ID")
    number = commands.matching(commands.EXTENSION, frame.header("Caller-Destination-Number"))
    context = commands.matching(commands.NAME, frame.header("Caller-Context"))
    sdp = _SDP.find(frame.head)  # as it came: nothing in this word is ever encoded, but perhaps the slash
    attempt = int(variable("attempt", commands.ATTEMPT) or 1)
    return ConnectInfo(
        uuid=uuid,
        caller_id=commands.matching(commands.CALLER_ID, frame.header("Caller-Caller-ID-Number")),
        flow=variable("flow", commands.FLOW),
        language=variable("language", commands.LANGUAGE),
        line=variable("line", commands.LINE),
        queue=variable("queue", commands.QUEUE),
        number=variable("number", commands.FLOW),
        attempt=attempt,
        moved=variable("moved", commands.YES_OR_NO) == "true",
        given_up=variable("given_up", commands.YES_OR_NO) == "true",
        telephone_event=None if sdp is None else b"telephone-event/" in sdp.lower().replace(b"%2f", b"/"),
        core=commands.matching(commands.UUID, frame.header("Core-UUID")),
        talked=attempt > 1 and _talked(frame),
        extension=None if number is None or context is None else (number, context),
    )


def _talked(frame: Frame) -> bool:
    """What a queue, a fifo or a bridge leaves where somebody took the caller; `way.before` has removed the same of
    earlier ones."""
    return (
        frame.header("variable_cc_cause") == "answered"
        or bool(frame.header("variable_fifo_serviced_uuid"))
        or frame.header("variable_originate_disposition") == "SUCCESS"
    )
