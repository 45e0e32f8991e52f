"""Walks a flow: runs a step, writes it down, follows the arrow of its outcome.

Three things no flow has to say: ``*`` goes back to the question asked before; a database that is down, or a call
that goes round in circles, leads to a person with an apology (law 6); what the call knew is wiped at every end.
"""

from __future__ import annotations

import time
from collections import Counter

from fs_app.domain.prompt import say
from fs_app.errors import CallEnded, StoreError
from fs_app.flow.call import Call
from fs_app.flow.flow import Flow, Node
from fs_app.flow.step import StepEnds

APOLOGY = "technical_problem"
MAX_VISITS = 20
"""A step that is reached more often than this in one call is going round in circles."""

FINISHED, AGENT, FAILED = "finished", "agent", "failed"
TROUBLE, HUNG_UP = "trouble", "caller_hung_up"


def run_flow(flow: Flow, call: Call) -> str:
    """Take an answered call through a flow to its end, and wipe what it knew.

    Returns how it ended, for the call's line in the log: ``finished``, ``agent`` where the caller talked to one,
    ``failed`` where not even the way to a person worked. CallEnded passes through when the caller hangs up.
    """
    try:
        return _Walk(flow, call).to_the_end()
    finally:
        call.facts.wipe()


class _Walk:
    """Where one call is in its flow, and which questions ``*`` leads back to."""

    def __init__(self, flow: Flow, call: Call) -> None:
        self._flow = flow
        self._call = call
        self._asked: list[str] = []
        self._visits: Counter[str] = Counter()
        self._in_trouble = False

    def to_the_end(self) -> str:
        node = self._flow.nodes[self._flow.start]
        while True:
            outcome = self._run(node)
            if outcome == TROUBLE and self._in_trouble:
                self._apologise()
                self._call.channel.hang_up()
                return FAILED
            if outcome == TROUBLE:
                self._in_trouble = True
                self._apologise()
                node = self._flow.nodes[self._flow.operator]
            elif not node.step.all_outcomes():
                return AGENT if self._call.counts["talked"] else FINISHED
            else:
                node = self._follow(node, outcome)

    def _run(self, node: Node) -> str:
        """Run one step and write it down; its outcome, or `TROUBLE`."""
        self._visits[node.name] += 1
        if self._visits[node.name] > MAX_VISITS:
            self._call.journal.step(node.name, node.step.do, "too_often", 0.0)
            return TROUBLE
        started = time.monotonic()
        outcome = FAILED
        try:
            outcome = node.step.run(self._call)
        except StepEnds as ends:
            outcome = ends.outcome
        except StoreError as error:
            outcome = TROUBLE
            self._call.journal.note({"trouble": f"{node.name}: {type(error).__name__}"})
        except CallEnded:
            outcome = HUNG_UP
            raise
        finally:
            self._call.journal.step(node.name, node.step.do, outcome, time.monotonic() - started)
        return outcome

    def _follow(self, node: Node, outcome: str) -> Node:
        self._call.facts.forget(node.step.all_outcomes()[outcome].forgets)
        if not node.step.way_back:
            self._asked.clear()
        elif outcome != "back" and node.step.asks:
            self._asked.append(node.name)
        target = node.next.get(outcome)
        return self._flow.nodes[target] if target is not None else self._back(node)

    def _back(self, node: Node) -> Node:
        """The question asked before this one, if all is still known that its paths rely on; else this one."""
        known = self._call.facts.known()
        while self._asked:
            earlier = self._flow.nodes[self._asked.pop()]
            if earlier is not node and earlier.known <= known:
                return earlier
        return node

    def _apologise(self) -> None:
        self._call.channel.play(say(APOLOGY))
