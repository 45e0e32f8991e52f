"""The applications of the simulated switch: what each does to the call that executes it.

Only what the package uses and what recorded transcripts hold to the real switch is here; any other name is an
unknown application, which ends the call.
"""

from __future__ import annotations

import re
import wave
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import gevent

from fs_app.telephony.guard import LEVELS
from fs_app.testing import switch_headers, switch_wire
from fs_app.testing.switch_call import Call
from fs_app.testing.switch_happenings import Happening, Playing, What
from fs_app.testing.switch_queue import callcenter
from fs_app.testing.switch_sentences import Sentence
from fs_app.testing.switch_talk import inline
from fs_app.testing.switch_ways import bridge, export, fifo

Application = Callable[[Call, str], None]

_TONE = re.compile(r"tone_stream://%\((\d+),.*\)")


def answer(call: Call, data: str) -> None:
    if call.facts["answered"]:
        return
    call.facts |= {"answered": switch_wire.now_stamp(), "answer_state": "answered"}
    call.variables |= switch_headers.ANSWERED_VARIABLES
    call.fire("CHANNEL_ANSWER")
    call.facts["call_state"] = "ACTIVE"
    call.tell(Happening(What.ANSWERED))


def set_variable(call: Call, data: str) -> None:
    name, _, value = data.partition("=")
    call.log("INFO", f"SET {call.facts['channel']} [{name}]=[{value}]")
    if value:
        call.variables[name] = value
    else:
        call.variables.pop(name, None)


def unset(call: Call, data: str) -> None:
    call.variables.pop(data, None)


def playback(call: Call, data: str) -> None:
    seconds = length(data)
    if seconds is None:
        call.log("WARNING", f"File not found: {data}")
        call.variables["current_application_response"] = "FILE NOT FOUND"
        return
    files = tuple(Path(part) for part in data.removeprefix("file_string://").split("!"))
    playing = Playing()
    call.playing.append(playing)
    call.mouth.close()
    call.tell(Happening(What.PROMPT, data, files, seconds))
    call.wait(None if call.stepped else seconds, lambda: playing.over)
    call.playing.remove(playing)
    stopped = call.gone or call.transferred or call.cut or playing.torn
    call.variables |= {
        "playback_last_offset_pos": "1600",
        "playback_seconds": str(int(seconds)),
        "playback_ms": str(int(seconds * 1000)),
        "playback_samples": str(int(seconds * 8000)),
        "current_application_response": "PLAYBACK ERROR" if stopped else "FILE PLAYED",
    }
    if call.talk is not None:
        gevent.spawn(call.talk.leg.look_at_keys)
    call.tell(Happening(What.PROMPT_ENDED, "gone" if stopped else "broken" if playing.broken else "played", files))


def bind_digit_action(call: Call, data: str) -> None:
    realm, digits, action, value, *_ = data.split(",")
    call.keys.bind(realm, digits, action, value)


def digit_action_set_realm(call: Call, data: str) -> None:
    call.keys.set_realm(data)


def clear_digit_action(call: Call, data: str) -> None:
    call.keys.clear()


def spandsp_start_dtmf(call: Call, data: str) -> None:
    call.keys.detecting = True
    call.recordings.listen("spandsp_dtmf_detect")


def record_session(call: Call, data: str) -> None:
    path, *more = data.split()
    call.recordings.start(path, Sentence.read(more))


def session_loglevel(call: Call, data: str) -> None:
    call.log_level = LEVELS.index(data)


def hangup(call: Call, data: str) -> None:
    call.end(data or "NORMAL_CLEARING", by="application")


def sleep(call: Call, data: str) -> None:
    call.wait(int(data) / 1000, lambda: False)


def park(call: Call, data: str) -> None:
    """Until the application that has the call is gone, and what it asked for is done: then what follows in the
    dialplan is next. With ``socket_resume`` nothing is: the caller stays, in silence."""
    owners = list(call.sockets)

    def is_over() -> bool:
        let_go = any(one.finished for one in owners) and not call.commands
        return let_go or call.cut or call.following is not None

    call.fire("CHANNEL_PARK")
    call.tell(Happening(What.PARKED))
    call.wait(None, is_over)
    call.fire("CHANNEL_UNPARK")
    if call.cut and not call.transferred:
        call.facts |= {"state": "CS_RESET", "state_number": 9}
        call.wait(None, lambda: False, listening=False)


def transfer(call: Call, data: str) -> None:
    """``EXTENSION XML CONTEXT``, or the inline dialplan: ``'sleep:300,transfer:pay XML default' inline``."""
    if data.endswith(" inline"):
        call.send_to("inline", actions=inline(data.removesuffix(" inline").strip("'")))
        return
    extension, *more = data.split()
    call.send_to(extension, more[-1] if more else "")


def sched_transfer(call: Call, data: str) -> None:
    """``+SECONDS EXTENSION XML CONTEXT``."""
    seconds, _, where = data.partition(" ")
    call.schedule.add(float(seconds.removeprefix("+")), where)
    call.variables["last_sched_id"] = "1"


@lru_cache(maxsize=4096)
def _file_length(path: str) -> float | None:
    try:
        with wave.open(path) as sound:
            return float(sound.getnframes() / sound.getframerate())
    except (OSError, EOFError, wave.Error):
        return None


def length(data: str) -> float | None:
    """How many seconds a playback lasts; None where there is nothing to play. In a ``file_string`` a part that is
    missing is skipped in silence."""
    if data.startswith("file_string://"):
        parts = [_file_length(part) for part in data.removeprefix("file_string://").split("!")]
        return sum(part for part in parts if part is not None)
    if match := _TONE.fullmatch(data):
        return int(match[1]) / 1000
    return _file_length(data)


APPLICATIONS: dict[str, Application] = {
    "answer": answer,
    "bind_digit_action": bind_digit_action,
    "bridge": bridge,
    "callcenter": callcenter,
    "clear_digit_action": clear_digit_action,
    "digit_action_set_realm": digit_action_set_realm,
    "export": export,
    "fifo": fifo,
    "hangup": hangup,
    "park": park,
    "playback": playback,
    "record_session": record_session,
    "sched_transfer": sched_transfer,
    "session_loglevel": session_loglevel,
    "set": set_variable,
    "sleep": sleep,
    "spandsp_start_dtmf": spandsp_start_dtmf,
    "transfer": transfer,
    "unset": unset,
}
