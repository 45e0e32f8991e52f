"""The applications of the simulated switch: what each does to the call that executes it.

Only what the package uses and what recorded transcripts hold to the real switch is here; any other name is an
unknown application, which ends the call.
"""

from __future__ import annotations

import re
import wave
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from fs_app.telephony.guard import LEVELS
from fs_app.testing import switch_headers, switch_wire
from fs_app.testing.switch_call import Call
from fs_app.testing.switch_happenings import Happening, Playing, What
from fs_app.testing.switch_sentences import Sentence

Application = Callable[[Call, str], None]

_TONE = re.compile(r"tone_stream://%\((\d+),.*\)")


@dataclass(frozen=True, slots=True)
class Agents:
    """Who sits at a queue of mod_callcenter. Times in seconds of the switch."""

    answer: bool = True
    after: float = 0.14
    talk: float = 2.0


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
    stopped = call.gone or call.transferred_to is not None
    call.variables |= {
        "playback_last_offset_pos": "1600",
        "playback_seconds": str(int(seconds)),
        "playback_ms": str(int(seconds * 1000)),
        "playback_samples": str(int(seconds * 8000)),
        "current_application_response": "PLAYBACK ERROR" if stopped else "FILE PLAYED",
    }
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
    call.wait(None, lambda: False)


def fifo(call: Call, data: str) -> None:
    """Wait in a fifo nobody serves; only recorded transcripts use it."""
    call.tell(Happening(What.QUEUED, data.split()[0]))
    call.wait(None, lambda: False, listening=False)


def transfer(call: Call, data: str) -> None:
    extension = data.split()[0]
    actions = call.switch.extensions.get(extension)
    if actions is None:
        call.end("NO_ROUTE_DESTINATION", by="switch")
        return
    call.facts |= {"destination": extension, "state_number": 2}
    call.transferred_to = list(actions)
    call.stir()


def callcenter(call: Call, data: str) -> None:
    """Wait at a queue; the talk itself begins when the running applications have ended."""
    agents = call.switch.agents.get(data.partition("@")[0])
    if agents is None:
        call.log("ERR", f"Queue {data} not found")
        return
    joined = {"cc_side": "member", "cc_member_uuid": str(uuid4()), "cc_queue": data, "cc_queue_joined_epoch": "0"}
    call.variables |= joined
    call.tell(Happening(What.QUEUED, data))
    call.wait(agents.after, lambda: call.cut, listening=False)
    if call.gone or call.cut:
        call.variables |= {"cc_cause": "cancel", "cc_cancel_reason": "BREAK_OUT"}
    elif not agents.answer:
        call.variables |= {"cc_cause": "cancel", "cc_cancel_reason": "TIMEOUT"}
    else:
        call.variables |= {"cc_agent_uuid": str(uuid4()), "cc_cause": "answered"}
        call.facts["state_number"] = 8
        call.bridge = lambda: _talk(call, data, agents)


def _talk(call: Call, queue: str, agents: Agents) -> None:
    """The caller and an agent, until one of them hangs up; then the caller is let go, or parked if so wanted."""
    other = call.variables["cc_agent_uuid"]
    legs = [("Bridge-A-Unique-ID", call.uuid), ("Bridge-B-Unique-ID", other)]
    call.bridge = None
    call.facts |= {"state": "CS_SOFT_EXECUTE", "state_number": 3, "bridged": switch_wire.now_stamp()}
    call.fire("CHANNEL_BRIDGE", legs)
    call.variables |= {"bridge_to": other, "last_bridge_to": other, "cc_agent_bridged": "true", "cc_agent": "a1"}
    call.tell(Happening(What.AGENT, queue))
    call.wait(None if call.stepped else agents.talk, lambda: call.talk_over or call.cut)
    call.variables |= {"last_bridge_hangup_cause": "NORMAL_CLEARING", "bridge_hangup_cause": "NORMAL_CLEARING"}
    call.variables.pop("bridge_to", None)
    call.fire("CHANNEL_UNBRIDGE", legs)
    call.facts["state"] = "CS_EXECUTE"
    if call.gone or call.cut:
        return
    if call.variables.get("park_after_bridge") == "true":
        call.facts["state_number"] = 4
        call.wait(None, lambda: False)
    else:
        call.execute("hangup", "", str(uuid4()))


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
    "callcenter": callcenter,
    "clear_digit_action": clear_digit_action,
    "digit_action_set_realm": digit_action_set_realm,
    "fifo": fifo,
    "hangup": hangup,
    "park": park,
    "playback": playback,
    "record_session": record_session,
    "session_loglevel": session_loglevel,
    "set": set_variable,
    "sleep": sleep,
    "spandsp_start_dtmf": spandsp_start_dtmf,
    "transfer": transfer,
    "unset": unset,
}
