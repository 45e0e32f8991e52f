"""Everything we may write to the switch, and the one gate its arguments pass. No I/O.

``${...}`` in an argument is expanded by the switch, programs included, and a newline starts a new command (law 4).
So only the applications and APIs of these tables can be used, each with the arguments its pattern describes; a
pattern that lets ``$``, ``{``, a control character or a newline through is a defect, and a test looks for it.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from uuid import uuid4

from fs_app.domain.destination import Destination, Way
from fs_app.errors import UnsafeArgument

_NAME = r"[A-Za-z0-9_.-]{1,64}"
_UUID = r"[A-Za-z0-9-]{8,64}"
_EXTENSION = r"\+?[A-Za-z0-9_.-]{1,64}"
LISTENS = "fs_app_listens"  # a variable of whoever listens in on a talk: the uuid of the call
_FILE = r"/[A-Za-z0-9_./@+=-]{1,500}"

# Where a caller who is alone after a talk goes: nowhere, until somebody takes them; see `after_a_talk`.
PAUSE = "fs_app_pause"  # a variable: for how long, in milliseconds, a caller waits at our extension
_ALONE = (
    rf"\^\^\|unset:{PAUSE},sched_transfer:\+[0-9]{{1,2}} {_EXTENSION} XML {_NAME},park:"
    rf",transfer:{_EXTENSION} XML {_NAME}\|inline"
)

# The caller alone, on one track, ended by so many milliseconds before or after speech. Braces are sent encoded.
_SENTENCE = (
    "%7BRECORD_READ_ONLY=true,RECORD_STEREO=false,RECORD_MIN_SEC=0"
    ",RECORD_INITIAL_TIMEOUT_MS={},RECORD_FINAL_TIMEOUT_MS={}%7D"
)

APPLICATIONS: dict[str, str] = {
    "answer": r"",
    "bind_digit_action": rf"keys,~\[0-9\*#\],api:uuid_setvar,{_UUID} last_matching_digits",
    "bridge": rf"user/{_NAME}@{_NAME}|sofia/gateway/{_NAME}/\+?[0-9]{{2,20}}",  # from the settings alone
    "callcenter": rf"{_NAME}@{_NAME}",
    "clear_digit_action": r"all",
    "digit_action_set_realm": r"keys",
    "export": rf"nolocal:(?:fs_app_reference|sip_h_X-FS-App-Reference)={_NAME}",
    "fifo": rf"{_NAME} in",
    "hangup": r"[A-Z_]{0,40}",
    "playback": rf"{_FILE}|file_string://{_FILE}(?:!{_FILE}){{1,127}}|local_stream://{_NAME}",
    "record_session": rf"{_FILE} \+[0-9]{{1,3}} {_SENTENCE.format('[0-9]{3,5}', '[0-9]{3,5}')}",
    "session_loglevel": r"console",
    "set": (
        r"[A-Za-z0-9_]{1,64}=[A-Za-z0-9_.@:+-]{0,256}"
        rf"|sip_h_X-FS-App-Reference={_NAME}|cc_export_vars=fs_app_reference,sip_h_X-FS-App-Reference"
        rf"|transfer_after_bridge={_ALONE}"
        rf"|transfer_ringback=(?:{_FILE}|local_stream://{_NAME})"
    ),
    "spandsp_start_dtmf": r"",
    "unset": r"[A-Za-z0-9_]{1,64}",
}
UNLOCKED = frozenset({"bridge", "callcenter", "fifo"})

APIS: dict[str, str] = {
    "callcenter_config": rf"queue list (?:members|agents) {_NAME}@{_NAME}",
    # Without a number this switches the log off. 1.10.12 reads this one as -6, which is no level, and only answers.
    "fsctl": r"loglevel 4294967290",
    "hupall": rf"NORMAL_CLEARING {LISTENS} {_UUID}",  # without all three it would hang up on everybody
    "sched_api": rf"\+[0-9]{{1,2}} none (?:uuid_audio {_UUID} stop|uuid_record {_UUID} unmask {_FILE})",
    "sched_del": _UUID,
    "sofia": r"tracelevel",
    "uuid_audio": rf"{_UUID} (?:start read mute -1|stop)",
    "uuid_break": _UUID,
    "uuid_buglist": _UUID,
    "uuid_exists": _UUID,
    "uuid_getvar": rf"{_UUID} (?:current_application|destination_number|context)",
    "uuid_kill": _UUID,
    "uuid_recv_dtmf": rf"{_UUID} D",
    "uuid_record": rf"{_UUID} (?:(?:mask|unmask|stop) {_FILE}|stop all)",
    "uuid_setvar": rf"{_UUID} (?:fs_app_masked {_FILE}|hold_hangup_xfer_exten {_ALONE})",
}
_PLAIN: dict[str, str] = {
    "connect": r"",
    "divert_events": r"on|off",
    "event": r"plain(?: [A-Z_]{1,40}){1,10}(?: callcenter::info)?",
    "filter": rf"(?:delete )?(?:Unique-ID|CC-Member-Session-UUID) {_UUID}",
    "linger": r"[0-9]{1,4}",
}

_OURS = str(uuid4())[:24].encode("ascii")  # a UUID without its last part, which counts
_numbers = itertools.count()

# What a call needs to know about itself and nothing else.
EVENTS = ("CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP", "CHANNEL_UNBRIDGE", "MEDIA_BUG_START")

# What a call needs besides from the moment it is on its way to a person: who rings, who talks or holds, what keys
# the agent presses, and whether the switch has given the caller back.
WITH_A_PERSON = (
    *("CHANNEL_BRIDGE", "CHANNEL_HOLD", "CHANNEL_UNHOLD", "CHANNEL_PARK", "MEDIA_BUG_STOP", "DTMF"),
    "CUSTOM callcenter::info",
)

# What is taken from the connect reply; a value that does not match is not there.
CALLER_ID = r"\+?[0-9]{3,20}"
FLOW = _NAME
QUEUE = rf"{_NAME}(?:@{_NAME})?"
LANGUAGE = r"[a-z]{2,3}(?:_[A-Z]{2})?"
LINE = r"[a-z]{1,20}"
ATTEMPT = r"[1-9]"
YES_OR_NO = r"true|false"
UUID = _UUID
NAME, EXTENSION = _NAME, _EXTENSION
AGENT = rf"{_NAME}(?:@{_NAME})?"

FILE = _FILE  # of a recording: what the switch tells us is not trusted either


_compiled: dict[str, Callable[[str], re.Match[str] | None]] = {}


def _matches(pattern: str, value: str) -> bool:
    match = _compiled.get(pattern)
    if match is None:
        match = _compiled[pattern] = re.compile(pattern).fullmatch
    return match(value) is not None


def matching(pattern: str, value: str | None) -> str | None:
    """The value where it matches the whole pattern, else None."""
    return value if value is not None and _matches(pattern, value) else None


def gate(table: dict[str, str], verb: str, argument: str) -> str:
    """The argument, if the table lets it pass; UnsafeArgument otherwise. The message never holds the argument."""
    pattern = table.get(verb)
    if pattern is None:
        raise UnsafeArgument(f"{verb!r} is not among the commands we use")
    if not _matches(pattern, argument):
        raise UnsafeArgument(f"an argument that {verb} must not get")
    return argument


def plain(verb: str, argument: str = "") -> bytes:
    """A command of the socket itself: connect, linger, filter..."""
    return _line(verb, gate(_PLAIN, verb, argument))


def api(verb: str, argument: str) -> bytes:
    """An API call, answered at once on this socket."""
    return _line(f"api {verb}", gate(APIS, verb, argument))


def execute(application: str, argument: str) -> tuple[bytes, bytes]:
    """Run an application on the caller's channel: the ``Event-UUID`` it is given, and the command.

    The ``Event-UUID`` comes back as ``Application-UUID`` of the completion; no two are the same, also of two
    servers that had one call. ``event-lock`` makes several of them run one after the other: without it a later one
    starts inside an earlier playback. That is wanted while a caller waits for a person, or talks with one: those
    of `UNLOCKED` are no prompt that the next one has to wait for.
    """
    uuid = b"%b%012x" % (_OURS, next(_numbers))
    return uuid, b"%b%b\n\n" % (_execution(application, argument), uuid)


@lru_cache(maxsize=1024)  # most prompts are the same in every call
def _execution(application: str, argument: str) -> bytes:
    argument = gate(APPLICATIONS, application, argument)
    told = f"execute-app-arg: {argument}\n" if argument else ""
    lock = "" if application in UNLOCKED else "event-lock: true\n"
    return (f"sendmsg\ncall-command: execute\nexecute-app-name: {application}\n{told}{lock}Event-UUID: ").encode(
        "ascii"
    )


def files_argument(files: Sequence[str]) -> str:
    """What playback plays: one path as it is, several as one ``file_string``, so that a sentence is one command."""
    return files[0] if len(files) == 1 else "file_string://" + "!".join(files)


def sentence_argument(file: str, *, seconds: float, before: float, after: float) -> str:
    """What ``record_session`` is told to record one sentence: it ends after so many seconds, or ``before`` seconds
    without speech, or ``after`` seconds of silence that follow it."""
    silences = _SENTENCE.format(round(before * 1000), round(after * 1000))
    return f"{file} +{math.ceil(seconds)} {silences}"


def after_a_talk(extension: str, context: str, seconds: int) -> str:
    """Where the switch takes a caller whose talk is over, and whom nobody took elsewhere: a dialplan in one line,
    which parks them until their server takes them on. They go to that extension when it lets go of them, and after
    so many seconds where it has not forbidden that: it is dead."""
    where = f"{extension} XML {context}"
    return f"^^|unset:{PAUSE},sched_transfer:+{seconds} {where},park:,transfer:{where}|inline"


def later(seconds: int, api: str, arguments: str) -> tuple[str, str]:
    """An API as the switch calls it by itself after so many seconds; at once for none."""
    return ("sched_api", f"+{seconds} none {api} {arguments}") if seconds else (api, arguments)


def way_to(destination: Destination) -> tuple[str, str]:
    """The application that leads to a person, and its argument. UnsafeArgument for a bad name."""
    match destination.way:
        case Way.CALLCENTER:
            step = "callcenter", destination.target
        case Way.FIFO:
            step = "fifo", f"{destination.target} in"
        case Way.EXTENSION:
            step = "bridge", f"user/{destination.target}"
        case Way.TRUNK:
            step = "bridge", f"sofia/gateway/{destination.target}"
    gate(APPLICATIONS, *step)
    return step


def _line(verb: str, argument: str) -> bytes:
    return (f"{verb} {argument}" if argument else verb).encode("ascii") + b"\n\n"
