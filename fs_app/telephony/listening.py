"""The Listening port: a supervisor's telephone is made to ring, and hears a talk at the agent's leg.

Measured on FreeSWITCH 1.10.12: ``eavesdrop`` on the agent's leg hears what the agent hears and says, and so no key
that the agent does not. The listener's own keys would let them talk: they are off. Their channel has the uuid of
the call in `LISTENS`, by which its worker ends it (`shield`), also while it still rings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from uuid import uuid4

import gevent
import structlog

from fs_app.errors import StoreUnavailable, UnsafeArgument
from fs_app.ports.listening import ListenAnswer
from fs_app.telephony.commands import AGENT, LISTENS, UUID, gate
from fs_app.telephony.switchboard import listed
from fs_app.telephony.switches import SECONDS, Address, Switches

log = structlog.get_logger()

_RINGS_SECONDS = 20
_REFUSED_SECONDS = 1.5  # a telephone that is not there says so at once
_VARIABLES = (
    f"{LISTENS}={{call}},origination_uuid={{listener}},originate_timeout={_RINGS_SECONDS},ignore_early_media=true,"
    "eavesdrop_enable_dtmf=false,origination_caller_id_name=fs_app"
)
_PLACE = r"(?:\[[A-Za-z0-9_.,:=@/+-]{0,300}\])?(?:user|sofia|verto\.rtc|loopback)/[A-Za-z0-9_.:;=@%+/-]{1,200}"
_CONTACT = rf"{_PLACE}(?:\|{_PLACE}){{0,7}}"  # one telephone after the other
APIS = {
    "callcenter_config": rf"agent list {AGENT}",
    "originate": (
        re.escape("{" + _VARIABLES + "}").replace(r"\{call\}", UUID).replace(r"\{listener\}", UUID)
        + rf"{_CONTACT} &eavesdrop\({UUID}\)"
    ),
    "uuid_exists": UUID,
    "uuid_kill": UUID,
}


class EventSocketListening:
    """See `fs_app.ports.listening.Listening` for the contract. Without a password no switch is asked."""

    def __init__(self, addresses: Sequence[Address], password: str | None, *, seconds: float = SECONDS) -> None:
        self._switches = None if password is None else Switches(addresses, password, seconds=seconds)

    def begin(self, call_uuid: str, leg: str, agent: str, allowed: Callable[[], bool]) -> ListenAnswer:
        """RINGS where the telephone did not refuse at once."""
        if self._switches is None:
            return ListenAnswer.NOT_ASKED
        try:
            has_leg, knows_agent = (
                _command("uuid_exists", leg),
                _command("callcenter_config", f"agent list {agent}"),
            )
        except UnsafeArgument:
            return ListenAnswer.NO_TALK
        there = self._switches.ask_all(has_leg)
        if all(answer is None for answer in there.values()):
            return ListenAnswer.UNREACHABLE
        at = next((each for each, answer in there.items() if answer == "true"), None)
        if at is None:
            return ListenAnswer.NO_TALK
        contact = _contact(self._switches.ask(at, knows_agent) or "")
        listener = str(uuid4())
        variables = _VARIABLES.format(call=call_uuid, listener=listener)
        try:
            rings = _command("originate", f"{{{variables}}}{contact} &eavesdrop({leg})")
        except UnsafeArgument:
            return ListenAnswer.NO_TELEPHONE
        ringing = gevent.spawn(partial(_ring, self._switches, at, rings, listener, allowed))
        ringing.join(_REFUSED_SECONDS)
        return ListenAnswer.REFUSED if ringing.dead and not ringing.value else ListenAnswer.RINGS


def _ring(switches: Switches, at: Address, rings: str, listener: str, allowed: Callable[[], bool]) -> bool:
    """Whether somebody answered. Who must not listen any more is hung up."""
    answer = switches.ask(at, rings, seconds=_RINGS_SECONDS + SECONDS) or "nothing"
    if not answer.startswith("+OK"):
        log.info("a telephone that was to listen in was not answered", switch=f"{at[0]}:{at[1]}", answer=answer)
        return False
    if not _is(allowed):
        switches.ask(at, _command("uuid_kill", listener))
    return True


def _is(allowed: Callable[[], bool]) -> bool:
    try:
        return allowed()
    except StoreUnavailable:
        return False


def _contact(text: str) -> str:
    """Where the telephone is, of ``callcenter_config agent list NAME``; empty where there is nobody."""
    return next((row["contact"] for row in listed(text)), "")


def _command(verb: str, argument: str) -> str:
    return f"{verb} {gate(APIS, verb, argument)}"
