"""A caller and a person on the simulated switch: their talk, and what becomes of the caller after it.

Three things bridge them, and differ in what the caller's socket is told: a queue of mod_callcenter, as an attended
transfer (`soft_talk`), an application that ends with the talk (`nested_talk`), and mod_fifo (`fifo_talk`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import uuid4

from fs_app.testing import switch_wire
from fs_app.testing.switch_call import Call
from fs_app.testing.switch_happenings import Action, Happening, What
from fs_app.testing.switch_legs import Leg, Talk


def soft_talk(call: Call, leg: Leg, seconds: float, marks: Mapping[str, str] = MappingProxyType({})) -> None:
    """The talk that follows once the running applications have ended; then the caller is parked, hung up, or back
    in the dialplan. ``marks`` are variables that the caller's leg has as soon as it has begun."""
    successor: Leg | None = leg
    while successor is not None:
        call.facts |= {"state": "CS_SOFT_EXECUTE", "state_number": 3, "bridged": switch_wire.now_stamp()}
        own = [("Application", "uuid_bridge"), ("Application-Data", successor.uuid), ("Application-UUID", _uuid())]
        call.fire("CHANNEL_EXECUTE", own)
        successor = _converse(call, successor, seconds, marks)
    if call.gone or call.transferred:
        return
    if call.cut:
        call.facts |= {"state": "CS_EXECUTE", "state_number": 4}
    else:
        _afterwards(call)


def nested_talk(call: Call, leg: Leg, seconds: float) -> None:
    """The talk inside an application, which ends with it."""
    call.facts["bridged"] = switch_wire.now_stamp()
    successor = _converse(call, leg, seconds)
    if successor is not None:
        call.facts["state_number"] = 9
        call.follow_with(lambda: soft_talk(call, successor, seconds))
    elif call.gone or call.transferred or call.cut:
        return
    elif _wanted(call, "park_after_bridge"):
        if call.parked:
            call.follow_with(lambda: _deaf(call))
        else:
            call.facts["state_number"] = 6
            call.follow_with(lambda: park(call))
    elif "transfer_after_bridge" in call.variables:
        _transfer(call)
    elif _wanted(call, "hangup_after_bridge"):
        call.end("NORMAL_CLEARING", by="application")


def fifo_talk(call: Call, leg: Leg, seconds: float, tell: Callable[[str], None]) -> None:
    """The talk with who took the caller from a fifo: that person's leg has the events of the bridge. ``tell`` is
    told ``start`` and ``stop``."""
    call.facts |= {"state": "CS_HIBERNATE", "bridged": switch_wire.now_stamp(), "other": leg.facts}
    leg.joined("CS_EXECUTE", 4)
    leg.breaks_prompts = True
    legs = [("Bridge-A-Unique-ID", leg.uuid), ("Bridge-B-Unique-ID", call.uuid)]
    tell("start")
    leg.fire("CHANNEL_BRIDGE", legs)
    leg.on_end(lambda: leg.fire("CHANNEL_UNBRIDGE", legs))
    leg.on_end(lambda: tell("stop"))
    call.facts |= {"state": "CS_EXCHANGE_MEDIA", "state_number": 5}
    call.talk = talk = Talk(leg)
    call.tell(Happening(What.AGENT, call.sought))
    _listen(call, talk, seconds)
    if not call.gone:
        _post_bridge(call)
    leg.hang_up()
    if talk.successor is not None and not (call.gone or call.transferred or call.cut):
        soft_talk(call, talk.successor, seconds)
        return
    _part(call, talk)
    if call.gone or call.transferred or call.cut:
        return
    if _wanted(call, "park_after_bridge"):
        park(call)
    elif "transfer_after_bridge" in call.variables:
        _transfer(call)
    else:
        call.end("NORMAL_CLEARING", by="switch")


def park(call: Call) -> None:
    """The caller is the application's again. What the dialplan had left is forgotten: when the application goes the
    caller stays, in silence, whatever ``socket_resume`` says, until somebody transfers the call."""
    call.facts |= {"state": "CS_PARK", "state_number": 6}
    call.fire("CHANNEL_PARK")
    call.parked = True
    call.tell(Happening(What.PARKED))
    call.wait(None, lambda: call.following is not None or call.cut)
    call.fire("CHANNEL_UNPARK")
    if call.cut and not call.transferred:
        call.facts |= {"state": "CS_RESET", "state_number": 9}
        call.wait(None, lambda: False, listening=False)
    call.parked = False


def _converse(call: Call, leg: Leg, seconds: float, marks: Mapping[str, str] = MappingProxyType({})) -> Leg | None:
    """One bridge from its first event to its last; who has the caller next, if anybody."""
    legs = [("Bridge-A-Unique-ID", call.uuid), ("Bridge-B-Unique-ID", leg.uuid)]
    call.facts["other"] = leg.facts
    leg.joined("CS_EXCHANGE_MEDIA", 5)
    first = call.talk is None
    call.talk = talk = Talk(leg)
    call.variables |= {
        "bridge_channel": str(leg.facts["channel"]),
        "bridge_uuid": leg.uuid,
        "signal_bond": leg.uuid,
    }
    call.fire("CHANNEL_BRIDGE", legs)
    call.variables |= {"bridge_to": leg.uuid, "last_bridge_to": leg.uuid, **marks}
    call.tell(Happening(What.AGENT, call.sought) if first else Happening(What.TRANSFERRED, leg.name))
    _listen(call, talk, seconds)
    call.variables |= {"last_bridge_hangup_cause": "NORMAL_CLEARING", "bridge_hangup_cause": "NORMAL_CLEARING"}
    if talk.successor is not None and not call.gone:
        call.facts |= {"state_number": 8, "other": talk.successor.facts}
    elif call.transferred:
        call.facts.pop("other", None)
    if not call.gone:
        _post_bridge(call)
    else:
        leg.hang_up()
    call.variables.pop("bridge_to", None)
    call.fire("CHANNEL_UNBRIDGE", legs)
    leg.hang_up()
    if talk.successor is not None and not (call.gone or call.transferred or call.cut):
        return talk.successor
    _part(call, talk)
    return None


def _listen(call: Call, talk: Talk, seconds: float) -> None:
    """While they talk. The application's commands run meanwhile; what is heard of them is heard by the caller
    alone."""
    call.wait(None if call.stepped else seconds, lambda: talk.over or call.cut)
    if not (call.gone or call.transferred or call.cut):
        talk.leg.hang_up()


def _part(call: Call, talk: Talk) -> None:
    call.talk = None
    if talk.successor is not None:
        talk.successor.hang_up()
    who = "caller" if call.gone else "transfer" if call.transferred else "agent"
    call.tell(Happening(What.TALK_OVER, who))


def _post_bridge(call: Call) -> None:
    """What ``execute_on_post_bridge`` says, ``application argument`` or ``application::argument``."""
    application, _, data = call.variables.get("execute_on_post_bridge", "").replace("::", " ", 1).partition(" ")
    if application:
        call.execute(application, data, _uuid())


def _afterwards(call: Call) -> None:
    if _wanted(call, "park_after_bridge"):
        park(call)
    elif "transfer_after_bridge" in call.variables:
        _transfer(call)
    elif _wanted(call, "hangup_after_bridge"):
        call.end("NORMAL_CLEARING", by="application")
    else:
        call.facts |= {"state": "CS_EXECUTE", "state_number": 4}


def _transfer(call: Call) -> None:
    """What ``transfer_after_bridge`` says, once: ``extension:XML:context``, or ``^^|actions|inline``."""
    where = call.variables.pop("transfer_after_bridge")
    delimiter = ":"
    if where.startswith("^^"):
        delimiter, where = where[2], where[3:]
    target, dialplan, context = (*where.split(delimiter), "")[:3]
    if dialplan == "inline":
        call.send_to("inline", actions=inline(target))
    else:
        call.send_to(target, context)


def inline(steps: str) -> list[Action]:
    """The actions of an inline dialplan: ``sleep:300,transfer:pay XML default``."""
    parted = (step.partition(":") for step in steps.split(","))
    return [(application, data) for application, _, data in parted]


def _deaf(call: Call) -> None:
    """A second bridge from where the caller was parked has left the channel as it should not be: what the
    application says is never done."""
    call.wait(None, lambda: False, listening=False)


def _wanted(call: Call, variable: str) -> bool:
    return call.variables.get(variable) == "true"


def _uuid() -> str:
    return str(uuid4())
