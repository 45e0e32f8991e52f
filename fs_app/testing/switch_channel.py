"""A channel of the simulated switch: what every leg is, the caller's and a person's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fs_app.telephony.guard import LEVELS
from fs_app.testing import switch_wire

if TYPE_CHECKING:
    from fs_app.testing.switch import SimulatedSwitch
    from fs_app.testing.switch_socket import Listener


class Channel:
    """What the switch knows of a leg: ``facts`` are the values of the headers of its events, see `switch_headers`,
    ``variables`` its channel variables."""

    def __init__(self, switch: SimulatedSwitch, uuid: str, facts: dict[str, object]) -> None:
        self.switch = switch
        self.uuid = uuid
        self.facts = facts
        self.variables: dict[str, str] = {}
        self.log_level = 0  # a call may be told to log more than its switch

    @property
    def gone(self) -> bool:
        """True once somebody has hung up."""
        return bool(self.facts["cause"])

    def fire(
        self, name: str, own: Iterable[tuple[str, str]] = (), *, subclass: str = "", only: Listener | None = None
    ) -> None:
        """Fire an event of this channel at everybody who listens, or at one socket ``only``."""
        sequence = self.switch.next_sequence()
        headers = switch_wire.event_headers(name, sequence, self.facts, self.variables, subclass)
        self.switch.publish(subclass or name, switch_wire.render([*headers, *own]) + "\n\n", only=only)

    def log(self, level: str, text: str) -> None:
        """A line of the switch's log."""
        if LEVELS.index(level.lower()) <= max(self.switch.log_level, self.log_level):
            self.switch.log.append(f"[{level}] {text}")
