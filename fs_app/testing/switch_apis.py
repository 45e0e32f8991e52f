"""The API commands of the simulated switch, with the texts of the real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fs_app.telephony.guard import LEVELS
from fs_app.testing.switch_apps import sched_transfer, transfer
from fs_app.testing.switch_call import Call
from fs_app.testing.switch_channel import Channel
from fs_app.testing.switch_legs import Leg
from fs_app.testing.switch_queue import callcenter_config

if TYPE_CHECKING:
    from fs_app.testing.switch import SimulatedSwitch

_NO_LEVEL = 2**31  # a number beyond it is none for the switch
_NO_CHANNEL = "-ERR No such channel!\n"
_NO_SESSION = "-ERR Cannot locate session!\n"


def answer_api(switch: SimulatedSwitch, line: str) -> str:
    """Call an API; the text it answers."""
    verb, *arguments = line.split()
    if verb in _SWITCH_APIS:
        return _SWITCH_APIS[verb](switch, arguments)
    if verb not in _CALL_APIS and verb not in _LEG_APIS:
        return f"-ERR {verb} Command not found!\n"
    uuid = arguments[0] if arguments else ""
    if uuid in switch.calls:
        call = switch.calls[uuid]
        return _CALL_APIS[verb](call, arguments[1:]) if verb in _CALL_APIS else _LEG_APIS[verb](call, arguments[1:])
    if uuid in switch.legs:
        return _LEG_APIS[verb](switch.legs[uuid], arguments[1:]) if verb in _LEG_APIS else "-ERR not simulated\n"
    if verb == "uuid_exists":
        return "false"
    return _NO_SESSION if verb == "uuid_recv_dtmf" else _NO_CHANNEL


# --- of the switch ---


def _status(switch: SimulatedSwitch, arguments: list[str]) -> str:
    return "UP 0 years, 0 days, 1 hour\n"


def _fsctl(switch: SimulatedSwitch, arguments: list[str]) -> str:
    """``fsctl loglevel``: a name sets it, a number beyond all is none and only answers; nothing switches it off."""
    match arguments:
        case ["loglevel"]:
            switch.log_level = -1
        case ["loglevel", number] if number.isdigit() and int(number) > _NO_LEVEL:
            pass
        case ["loglevel", name] if name in LEVELS:
            switch.log_level = LEVELS.index(name)
        case _:
            return "-ERR syntax error, log level not set!\n"
    name = "DISABLE" if switch.log_level < 0 else LEVELS[switch.log_level].upper()
    return f"+OK log level: {name} [{switch.log_level}]\n"


def _hang_up_all(switch: SimulatedSwitch, arguments: list[str]) -> str:
    """``CAUSE VARIABLE VALUE``: nobody listens in here, so there is nobody to hang up on."""
    cause, variable, value = arguments
    return f"+OK hangup all channels matching [{variable}]=[{value}] with cause: {cause}\n"


def _sofia(switch: SimulatedSwitch, arguments: list[str]) -> str:
    if arguments[:1] != ["tracelevel"]:
        return "-ERR not simulated\n"
    if arguments[1:]:
        switch.trace_level = LEVELS.index(arguments[1])
    return f"+OK tracelevel is {LEVELS[switch.trace_level].upper()}"


def _sched_transfer(switch: SimulatedSwitch, arguments: list[str]) -> str:
    """``+SECONDS UUID EXTENSION XML CONTEXT``."""
    seconds, uuid, *where = arguments
    call = switch.calls.get(uuid)
    if call is None:
        return _NO_CHANNEL
    sched_transfer(call, f"{seconds} {' '.join(where)}")
    return "+OK\n"


def _sched_del(switch: SimulatedSwitch, arguments: list[str]) -> str:
    call = switch.calls.get(arguments[0])
    return f"+OK Deleted: {call.schedule.clear() if call else 0}\n"


# --- of a caller's leg ---


def _audio(call: Call, arguments: list[str]) -> str:
    return call.recordings.audio(*arguments)


def _buglist(call: Call, arguments: list[str]) -> str:
    return call.recordings.listing()


def _record(call: Call, arguments: list[str]) -> str:
    return call.recordings.obey(*arguments[:2])


def _break(call: Call, arguments: list[str]) -> str:
    call.break_playback(everything=arguments[:1] == ["all"])
    return "+OK\n"


def _receive(call: Call, arguments: list[str]) -> str:
    for key in arguments[0]:
        call.keys.receive(key)
    return f"+OK {call.uuid} received DTMF {arguments[0]}.\n"


def _transfer(call: Call, arguments: list[str]) -> str:
    transfer(call, " ".join(arguments))
    return "+OK\n"


def _kill(call: Call, arguments: list[str]) -> str:
    call.end(arguments[0] if arguments else "NORMAL_CLEARING", by="switch")
    return "+OK\n"


# --- of any leg ---


def _exists(channel: Channel, arguments: list[str]) -> str:
    return "true"


def _getvar(channel: Channel, arguments: list[str]) -> str:
    return channel.variables.get(arguments[0], "_undef_")


def _setvar(channel: Channel, arguments: list[str]) -> str:
    """Without a value the variable is gone."""
    if arguments[1:]:
        channel.variables[arguments[0]] = " ".join(arguments[1:])
    else:
        channel.variables.pop(arguments[0], None)
    return "+OK\n"


def _kill_leg(channel: Channel, arguments: list[str]) -> str:
    if isinstance(channel, Leg):
        channel.hang_up()
    return "+OK\n"


def _no_bugs(channel: Channel, arguments: list[str]) -> str:
    return "<media-bugs>\n</media-bugs>\n"


_SWITCH_APIS: dict[str, Callable[[SimulatedSwitch, list[str]], str]] = {
    "callcenter_config": callcenter_config,
    "fsctl": _fsctl,
    "hupall": _hang_up_all,
    "sched_del": _sched_del,
    "sched_transfer": _sched_transfer,
    "sofia": _sofia,
    "status": _status,
}
_CALL_APIS: dict[str, Callable[[Call, list[str]], str]] = {
    "uuid_audio": _audio,
    "uuid_break": _break,
    "uuid_buglist": _buglist,
    "uuid_kill": _kill,
    "uuid_record": _record,
    "uuid_recv_dtmf": _receive,
    "uuid_transfer": _transfer,
}
_LEG_APIS: dict[str, Callable[[Channel, list[str]], str]] = {
    "uuid_buglist": _no_bugs,
    "uuid_exists": _exists,
    "uuid_getvar": _getvar,
    "uuid_kill": _kill_leg,
    "uuid_setvar": _setvar,
}
