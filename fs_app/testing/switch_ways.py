"""Other ways to a person on the simulated switch: mod_fifo, and calling somebody's telephone directly."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from fs_app.testing import switch_wire
from fs_app.testing.switch_call import Call
from fs_app.testing.switch_legs import Leg
from fs_app.testing.switch_talk import fifo_talk, nested_talk
from fs_app.testing.switch_wait import Agents, Wait

NOBODY = Agents(after=None, names=())
_STATUS = {
    "USER_BUSY": "BUSY",
    "NO_ANSWER": "NOANSWER",
    "CALL_REJECTED": "DONTCALL",
    "SUBSCRIBER_ABSENT": "SUBSCRIBER_ABSENT",
    "INVALID_GATEWAY": "INVALID_GATEWAY",
}


class FifoWait(Wait):
    """A caller in a fifo."""

    exit_keys = "fifo_caller_exit_key"

    def __init__(self, call: Call, agents: Agents, name: str) -> None:
        super().__init__(call, agents)
        self._name = name
        self._stuck = False
        self.tell("push", [("FIFO-Slot", "0")])
        call.variables |= {"fifo_position": "1", "fifo_priority": "0", "fifo_push_timestamp": _stamp()}
        self.set_status("WAITING")

    @property
    def over(self) -> bool:
        """As the real one: where somebody answers while a prompt plays, the caller hears the fifo's music again
        after it, until a ``uuid_break``."""
        return super().over and not self._stuck

    def broken(self) -> None:
        """``uuid_break`` while nothing plays."""
        self._stuck = False

    def set_status(self, status: str) -> None:
        """What the fifo says of the caller."""
        self.call.variables |= {"fifo_status": status, "fifo_timestamp": _stamp()}

    def tell(self, action: str, own: list[tuple[str, str]] | None = None, leg: Leg | None = None) -> None:
        """An event of the fifo."""
        headers = [("FIFO-Name", self._name), ("FIFO-Action", action), *(own or [])]
        (leg or self.call).fire("CUSTOM", headers, subclass=switch_wire.FIFO)

    def talk(self, moment: str) -> None:
        """The talk has begun, or is over."""
        leg = self.leg
        assert leg is not None
        begins = moment == "start"
        self.set_status("TALKING" if begins else "DONE")
        self.call.variables["fifo_target"] = leg.uuid
        self.tell(f"channel-consumer-{moment}", leg=leg)
        self.tell(f"bridge-consumer-{moment}", leg=leg)
        self.tell(f"bridge-caller-{moment}")
        if not begins:
            self.tell("consumer_stop", leg=leg)
            own = [("Application", "fifo"), ("Application-Data", f"{self._name} out nowait")]
            own += [("Application-Response", "_none_"), ("Application-UUID", str(uuid4()))]
            leg.fire("CHANNEL_EXECUTE_COMPLETE", own)

    def _answered(self, leg: Leg) -> None:
        call = self.call
        self.tell("caller_pop")
        call.variables |= {"fifo_serviced_by": leg.uuid, "fifo_serviced_uuid": leg.uuid}
        self._stuck = bool(call.playing)
        call.break_playback()


def fifo(call: Call, data: str) -> None:
    """``NAME in``: wait until somebody takes the caller, who is `Agents` of ``fifo/NAME``. It ends as soon as
    somebody has."""
    name = data.split()[0]
    agents = call.switch.agents.get(f"fifo/{name}", NOBODY)
    wait = FifoWait(call, agents, name)
    wait.sit_out(name)
    leg = wait.leg
    if leg is None:
        wait.set_status("ABORTED")
        wait.tell("abort")
        return
    call.facts["state_number"] = 8
    if not leg.gone:
        call.follow_with(lambda: fifo_talk(call, leg, agents.talk, wait.talk))


def bridge(call: Call, data: str) -> None:
    """Call somebody, who is `Agents` under this very dial string, and stay until the talk is over. Where nobody
    answers the caller is hung up, unless ``continue_on_fail`` says otherwise."""
    agents = call.switch.agents.get(data)
    if agents is None:
        _fail(call, _missing(data))
        return
    wait = Wait(call, agents)
    wait.gave_up = agents.cause
    wait.sit_out(data)
    leg = wait.leg
    if leg is not None:
        exported = call.variables.get("export_vars", "").split(",")
        leg.variables |= {
            name.removeprefix("nolocal:"): call.variables[name] for name in exported if name in call.variables
        }
        call.variables |= {"originate_disposition": "SUCCESS", "DIALSTATUS": "SUCCESS"}
        if not leg.gone:
            nested_talk(call, leg, agents.talk)
    elif not (call.gone or call.cut or call.transferred):
        _fail(call, wait.reason)


def export(call: Call, data: str) -> None:
    """Set a variable, and on the leg of whoever is called; ``nolocal:name=value`` on that leg alone."""
    name, _, value = data.partition("=")
    call.variables[name] = value
    exported = [one for one in call.variables.get("export_vars", "").split(",") if one]
    call.variables["export_vars"] = ",".join(dict.fromkeys([*exported, name]))


def _missing(dialled: str) -> str:
    """Why a dial string leads nowhere."""
    if dialled.startswith("user/"):
        return "SUBSCRIBER_ABSENT"
    return "INVALID_GATEWAY" if dialled.startswith("sofia/gateway/") else "NO_ROUTE_DESTINATION"


def _fail(call: Call, cause: str) -> None:
    call.variables |= {
        "originate_disposition": cause,
        "DIALSTATUS": _STATUS.get(cause, cause),
        "originate_failed_cause": cause,
        "last_bridge_hangup_cause": cause,
    }
    if call.variables.get("continue_on_fail") != "true":
        call.end(cause, by="switch")


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
