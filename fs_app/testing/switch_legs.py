"""The other leg of a call on the simulated switch: a person's telephone, as a test holds it in its hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import gevent

from fs_app.testing import switch_wire
from fs_app.testing.switch_channel import Channel

if TYPE_CHECKING:
    from fs_app.testing.switch_call import Call

_END_SECONDS = 0.06  # from a leg's hang-up until the queue says that its talk is over


@dataclass(slots=True, eq=False)
class Talk:
    """A caller and a person; ``successor`` is who the caller is put through to."""

    leg: Leg
    successor: Leg | None = None

    @property
    def over(self) -> bool:
        """True once the person has left."""
        return self.leg.gone


class Leg(Channel):
    """The leg of somebody who took a call: an agent of a queue, an extension, a number behind a gateway.

    ``keys`` are the caller's that came as DTMF, ``tones`` those that are in the audio: what this person could write
    down. ``variables`` are what the switch set on the leg, its own among them.
    """

    def __init__(self, call: Call, name: str, variables: dict[str, str] | None = None) -> None:
        uuid, destination = str(uuid4()), name.partition("@")[0]
        number, caller = str(call.facts["number"]), str(call.facts["name"])
        facts = switch_wire.new_facts(uuid, number, caller, destination, destination) | {
            "answered": switch_wire.now_stamp(),
            "state": "CS_CONSUME_MEDIA",
            "state_number": 7,
            "call_state": "ACTIVE",
            "answer_state": "answered",
            "direction": "outbound",
            "hit_dialplan": "false",
        }
        super().__init__(call.switch, uuid, facts)
        self.variables = switch_wire.leg_variables(facts) | (variables or {})
        self.call = call
        self.name = name
        self.keys = self.tones = ""
        self.breaks_prompts = False  # its end ends what plays to the caller
        self._pressed = ""
        self._ends: list[Callable[[], None]] = []
        call.switch.legs[uuid] = self
        call.legs.append(self)

    # --- the person's side ---

    @property
    def followed(self) -> bool:
        """Whether an application has asked for what happens on this leg, as the one that leads the call does a
        moment after the answer."""
        return any(each.follows(self.uuid) for each in self.switch.listeners)

    def press(self, keys: str) -> None:
        """Press keys. While a prompt plays to the caller the switch does not look at them, but afterwards."""
        self._pressed += keys
        self.look_at_keys()

    def hang_up(self) -> None:
        """Put the receiver down; harmless when the leg has ended. The caller hears a prompt that plays to its end,
        and only then is the talk over."""
        if self.gone:
            return
        self.facts |= {"cause": "NORMAL_CLEARING", "state_number": 10, "answer_state": "hangup"}
        self.fire("CHANNEL_HANGUP")
        self.switch.legs.pop(self.uuid, None)
        ends, self._ends = self._ends, []
        for end in ends:
            gevent.spawn_later(_END_SECONDS * self.switch.speed, end)
        if self.breaks_prompts:
            self.call.break_playback()
        self.call.stir()

    def transfer(self, name: str) -> Leg:
        """Put the caller through to somebody else, who has answered already; their leg. A prompt that plays is
        torn. LookupError where this leg does not talk with the caller."""
        talk = self.call.talk_with(self)
        successor = talk.successor = Leg(self.call, name)
        self.call.facts["state_number"] = 8
        self.call.tear()
        self.hang_up()
        return successor

    def transfer_blind(self, extension: str) -> None:
        """Send the caller to an extension of the dialplan. LookupError as `transfer`."""
        self.call.talk_with(self)
        self.call.send_to(extension)
        self.hang_up()

    # --- the switch's side ---

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back a moment after the leg has ended."""
        self._ends.append(callback)

    def joined(self, state: str, number: int) -> None:
        """The leg is bridged with the caller's."""
        self.facts |= {"state": state, "state_number": number, "bridged": switch_wire.now_stamp()}
        self.facts["other"] = self.call.facts

    def look_at_keys(self) -> None:
        """The switch reads what was pressed, unless it plays something to the caller."""
        while self._pressed and not self.gone and not self.call.playing:
            key, self._pressed = self._pressed[0], self._pressed[1:]
            self.log("INFO", f"RECV DTMF {key}:2080")
            self.fire("DTMF", [("DTMF-Digit", key), ("DTMF-Duration", "2080"), ("DTMF-Source", "RTP")])
