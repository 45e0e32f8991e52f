"""Where in a flow a person can send a caller. The engine goes there as it goes on after a server's death: to the
step itself where all is known that its paths rely on, else to the last one before it that all is known for."""

from __future__ import annotations

from enum import StrEnum

from fs_app.flow.call import Call
from fs_app.flow.flow import Flow, Node
from fs_app.flow.step import Step


class SendTo(StrEnum):
    """Places that every flow has, whatever its steps are called."""

    PAY = "pay"
    SURVEY = "survey"
    SELF_SERVICE = "self_service"


# Where a caller who wants to pay is sent: as far as what is known reaches.
_PAYING = ("choose_means", "collect_card", "choose_amount", "choose_bills")
_SURVEY = "survey"


class FlowPlaces:
    """Implements `flow.call.Places` for one call in its flow."""

    def __init__(self, flow: Flow, call: Call) -> None:
        self._flow = flow
        self._call = call
        self.current = flow.start

    def here(self) -> str:
        """The name of the step under way."""
        return self.current

    def within_reach(self) -> tuple[str, ...]:
        """The questions that all is known for."""
        known = self._call.facts.known()
        return tuple(name for name, node in self._flow.nodes.items() if node.step.asks and node.known <= known)

    def has(self, place: str) -> bool:
        """Whether a caller can be sent there."""
        if place == SendTo.SURVEY:
            return self.step(_SURVEY) is not None
        return place in (SendTo.PAY, SendTo.SELF_SERVICE) or place in self._flow.nodes

    def step(self, do: str) -> Step | None:
        """The first step of that kind."""
        node = self._first(do)
        return None if node is None else node.step

    def node(self, place: str) -> Node | None:
        """The node of a place; None for self-service, which is where the caller was."""
        if place == SendTo.SURVEY:
            return self._first(_SURVEY)
        if place == SendTo.PAY:
            known = self._call.facts.known()
            reachable = (self._first(do) for do in _PAYING)
            found = next((node for node in reachable if node is not None and node.known <= known), None)
            return found or self._flow.nodes[self._flow.start]
        return self._flow.nodes.get(place)

    def _first(self, do: str) -> Node | None:
        return next((node for node in self._flow.nodes.values() if node.step.do == do), None)
