"""What the simulated switch writes: headers, events and replies as FreeSWITCH 1.10.12 forms them. No I/O.

The names, their order and the sizes (6.5 kB a connect reply, 9 kB a CHANNEL_HANGUP_COMPLETE) follow recorded
transcripts, which a contract test compares with; the values are neutral.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

from fs_app.testing import switch_headers

Headers = list[tuple[str, str]]

_ALREADY_ENCODED = re.compile(r"%25([0-9A-Fa-f]{2})")

_ORIGIN = {
    "CHANNEL_DATA": ("mod_event_socket.c", "parse_command", 2021),
    "CHANNEL_EXECUTE": ("switch_core_session.c", "switch_core_session_exec", 2944),
    "CHANNEL_EXECUTE_COMPLETE": ("switch_core_session.c", "switch_core_session_exec", 2967),
    "CHANNEL_HANGUP": ("switch_channel.c", "switch_channel_perform_hangup", 3445),
    "CHANNEL_HANGUP_COMPLETE": ("switch_core_state_machine.c", "switch_core_session_reporting_state", 943),
    "CHANNEL_ANSWER": ("switch_channel.c", "switch_channel_perform_mark_answered", 3846),
    "CHANNEL_PARK": ("switch_ivr.c", "switch_ivr_park", 1002),
    "CHANNEL_UNPARK": ("switch_ivr.c", "switch_ivr_park", 1213),
    "CHANNEL_STATE": ("switch_channel.c", "switch_channel_perform_set_running_state", 2408),
    "CHANNEL_BRIDGE": ("switch_ivr_bridge.c", "switch_ivr_uuid_bridge", 1260),
    "CHANNEL_UNBRIDGE": ("switch_ivr_bridge.c", "audio_bridge_on_exchange_media", 1051),
    "MEDIA_BUG_START": ("switch_core_media_bug.c", "switch_core_media_bug_add", 1014),
    "MEDIA_BUG_STOP": ("switch_core_media_bug.c", "switch_core_media_bug_destroy", 84),
    "RECORD_START": ("switch_ivr_async.c", "record_callback", 1481),
    "RECORD_STOP": ("switch_ivr_async.c", "send_record_stop_event", 1240),
    "DTMF": ("switch_channel.c", "switch_channel_dequeue_dtmf", 677),
}
WITHOUT_VARIABLES = frozenset({"DTMF", "CHANNEL_STATE"})
CALLCENTER, FIFO = "callcenter::info", "fifo::info"
_SUBCLASSES = {
    CALLCENTER: ("mod_callcenter.c", "callcenter_function", 3113),
    FIFO: ("mod_fifo.c", "fifo_function", 2743),
}
# What a channel is unless its facts say otherwise.
_USUAL: Mapping[str, object] = {
    "direction": "inbound",
    "hit_dialplan": "true",
    "context": "default",
    "dialplan": "XML",
}
_OF_A_CALLER = frozenset({"Caller-Username", "Caller-Dialplan"})
_FAREWELL = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"


@lru_cache(maxsize=8192)
def encode(value: str) -> str:
    """A header value as the switch URL-encodes it: what looks encoded already is left as it is."""
    return _ALREADY_ENCODED.sub(r"%\1", quote(value, safe="/~,*()!$'", errors="surrogateescape"))


def render(headers: Iterable[tuple[str, str]]) -> str:
    """Header lines with encoded values; no newline after the last."""
    return "\n".join(f"{name}: {encode(value)}" for name, value in headers)


def fill(template: str, values: Mapping[str, object], prefix: str = "") -> Headers:
    """A template's headers with its gaps filled."""
    split = (line.split(": ", 1) for line in template.split("\n"))
    return [(prefix + name, text.format_map(values)) for name, text in split]


def new_facts(uuid: str, number: str, name: str, destination: str, channel: str) -> dict[str, object]:
    """The facts of a channel that has just begun."""
    return {
        "uuid": uuid,
        "number": number,
        "name": name,
        "destination": destination,
        "channel": f"sofia/internal/{channel}@127.0.0.1",
        "created": now_stamp(),
        "answered": 0,
        "hung_up": 0,
        "bridged": 0,
        "cause": "",
        "state": "CS_EXECUTE",
        "state_number": 4,
        "call_state": "RINGING",
        "answer_state": "ringing",
    }


def channel_variables(facts: Mapping[str, object]) -> dict[str, str]:
    """The variables a new channel has. ``facts``: uuid, number, name, destination, channel, created, sdp."""
    return dict(fill(switch_headers.VARIABLES, facts))


def leg_variables(facts: Mapping[str, object]) -> dict[str, str]:
    """The variables of a leg that the switch placed. ``facts``: uuid, number, name, channel."""
    return dict(fill(switch_headers.LEG_VARIABLES, facts))


def sdp(telephone_event: bool) -> str:
    """What the caller's side offers, with or without keys as telephone-event."""
    keys = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n" if telephone_event else ""
    payloads = "0 101 13" if telephone_event else "0 13"
    return (
        "v=0\r\no=FreeSWITCH 1795304068 1795304069 IN IP4 127.0.0.1\r\ns=FreeSWITCH\r\nc=IN IP4 127.0.0.1\r\n"
        f"t=0 0\r\nm=audio 16706 RTP/AVP {payloads}\r\na=rtpmap:0 PCMU/8000\r\n{keys}"
        "a=rtpmap:13 CN/8000\r\na=ptime:20\r\n"
    )


def event_headers(
    name: str, sequence: int, facts: Mapping[str, object], variables: Mapping[str, str], subclass: str = ""
) -> Headers:
    """The headers of an event of a channel, in the switch's order, before what is its own.

    ``facts["other"]`` are those of the leg it is bridged with.
    """
    values = {**_USUAL, **facts}
    headers = bare_headers(name, sequence, subclass)
    if name == "CHANNEL_DATA":
        headers += fill(switch_headers.PROFILE, values, "Channel-")
    headers += fill(switch_headers.CHANNEL, values)
    if facts.get("cause"):
        headers.append(("Hangup-Cause", str(facts["cause"])))
    headers += fill(switch_headers.CODECS, values)
    profile = fill(switch_headers.PROFILE, values, "Caller-")
    inbound = values["direction"] == "inbound"
    headers += profile if inbound else [header for header in profile if header[0] not in _OF_A_CALLER]
    other = facts.get("other")
    if isinstance(other, Mapping):
        headers += fill(switch_headers.OTHER, {**_USUAL, **other, "type": _other_type(inbound)})
    if name not in WITHOUT_VARIABLES:
        headers += [(f"variable_{key}", value) for key, value in variables.items()]
    return headers


def bare_headers(name: str, sequence: int, subclass: str = "") -> Headers:
    """What every event begins with; all there is of one that is no channel's. ``subclass`` is that of CUSTOM."""
    now = datetime.now(UTC)
    file, function, line = _SUBCLASSES[subclass] if subclass else _ORIGIN[name]
    values = {
        "local": now.strftime("%Y-%m-%d %H:%M:%S"),
        "gmt": now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "stamp": microseconds(now),
        "file": file,
        "function": function,
        "line": line,
        "sequence": sequence,
    }
    first = [("Event-Subclass", subclass)] if subclass else []
    return [*first, ("Event-Name", name), *fill(switch_headers.EVENT, values)]


def _other_type(inbound: bool) -> str:
    return "originatee" if inbound else "originator"


def report_variables(facts: Mapping[str, object], digits: str, last_app: str) -> dict[str, str]:
    """What the reporting state adds to a channel that has ended: what a call detail record is made of."""
    start, end = int(str(facts["created"])), microseconds(datetime.now(UTC))
    answered = int(str(facts["answered"]))
    report = {"hangup_cause": str(facts["cause"]), "hangup_cause_q850": "16", "digits_dialed": digits or "none"}
    for key, moment in (("start", start), ("profile_start", start), ("answer", answered), ("end", end)):
        stamp = datetime.fromtimestamp(moment / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
        report |= {f"{key}_stamp": stamp, f"{key}_epoch": str(moment // 10**6), f"{key}_uepoch": str(moment)}
    report |= {"last_app": last_app, "caller_id": f'"{facts["name"]}" <{facts["number"]}>'}
    return report | dict.fromkeys(switch_headers.REPORT_ZEROS.split(), "0")


def now_stamp() -> int:
    """The time as the switch writes it."""
    return microseconds(datetime.now(UTC))


def microseconds(moment: datetime) -> int:
    """A time as the switch writes it."""
    return int(moment.timestamp() * 1e6)


def connect_reply(headers: Headers) -> bytes:
    """The reply to ``connect``: the channel's data, and no body."""
    end = [
        ("Content-Type", "command/reply"),
        ("Reply-Text", "+OK\n"),
        ("Socket-Mode", "async"),
        ("Control", "full"),
    ]
    return render([*headers, *end]).encode() + b"\n\n"


def event_message(body: str) -> bytes:
    """An event on an event socket."""
    data = body.encode()
    return b"Content-Length: %d\nContent-Type: text/event-plain\n\n%b" % (len(data), data)


def key_body(action: str, value: str, digit: str) -> str:
    """What a digit binding sends."""
    return f"{action}: {encode(value)}\ndigits: {encode(digit)}\n\n"


def command_reply(text: str, further: str = "") -> bytes:
    """``Reply-Text`` is not URL-encoded in any reply but that of ``connect``."""
    return f"Content-Type: command/reply\nReply-Text: {text}\n{further}\n".encode()


def api_response(text: str) -> bytes:
    """What an API answered."""
    data = text.encode()
    return b"Content-Type: api/response\nContent-Length: %d\n\n%b" % (len(data), data)


def lingering_notice(uuid: str, channel: str, seconds: int) -> bytes:
    """The call has ended and the socket stays for so long."""
    return (
        f"Content-Type: text/disconnect-notice\nControlled-Session-UUID: {uuid}\nContent-Disposition: linger\n"
        f"Channel-Name: {channel}\nLinger-Time: {seconds}\nContent-Length: 0\n\n"
    ).encode()


def farewell(uuid: str) -> bytes:
    """The socket closes now."""
    return (
        f"Content-Type: text/disconnect-notice\nControlled-Session-UUID: {uuid}\nContent-Disposition: disconnect\n"
        f"Content-Length: {len(_FAREWELL)}\n\n{_FAREWELL}"
    ).encode()
