"""Walks a flow: runs a step, writes it down, follows the arrow of its outcome.

Four things no flow has to say: ``*`` goes back to the question asked before; a database that is down, or a call
that goes round in circles, leads to a person with an apology (law 6); what the call knew is wiped at every end; and
where the call is, is kept at each step boundary, so that another server can go on with it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from fs_app.domain.payment import ENDINGS
from fs_app.domain.prompt import say
from fs_app.errors import CallEnded, NotProtected, StoreError
from fs_app.flow.call import Arrival, Call
from fs_app.flow.checkpoint import Checkpoint
from fs_app.flow.flow import Flow, Node
from fs_app.flow.places import FlowPlaces
from fs_app.flow.reach import goes_on
from fs_app.flow.step import MOVED, ChargingStep, StepEnds

APOLOGY = "technical_problem"
MAX_VISITS = 20
"""A step that is reached more often than this in one call is going round in circles."""

FINISHED, AGENT, FAILED = "finished", "agent", "failed"
TROUBLE, HUNG_UP = "trouble", "caller_hung_up"

Act = Callable[[], str]


def run_flow(flow: Flow, call: Call, checkpoint: Checkpoint | None = None, *, at_person: bool = False) -> str:
    """Take an answered call through a flow to its end, and wipe what it knew.

    With a checkpoint it goes on where another server had it; ``at_person`` begins at the step of a person. Returns
    how it ended, for the call's line in the log: ``finished``, ``agent`` where the caller talked to one, ``failed``
    where not even the way to a person worked, ``moved`` where this server leaves and another one can go on.
    CallEnded passes through when the caller hangs up.
    """
    walk = _Walk(flow, call)
    try:
        return walk.to_the_end(*(walk.start(at_person) if checkpoint is None else walk.resume(checkpoint)))
    finally:
        call.let_go()


class _Walk:
    """Where one call is in its flow, the way that led there, and which questions ``*`` leads back to."""

    def __init__(self, flow: Flow, call: Call) -> None:
        self._flow = flow
        self._call = call
        self._trail: list[str] = []
        self._asked: list[str] = []
        self._visits: Counter[str] = Counter()
        self._in_trouble = False
        self._places = call.places = FlowPlaces(flow, call)
        self._resumed = False  # what the flow check proved does not hold: the card is gone

    def start(self, at_person: bool) -> tuple[Node, Act]:
        """The first step, and how to run it."""
        node = self._flow.nodes[self._flow.operator if at_person else self._flow.start]
        return node, partial(node.step.run, self._call)

    def resume(self, checkpoint: Checkpoint) -> tuple[Node, Act]:
        """The step where another server had the call, or the last one before it that needs no card.

        An attempt to pay that the checkpoint knows nothing of is taken up first, whatever the step: it was opened
        after the checkpoint, and the ledger is right.
        """
        self._trail = [name for name in checkpoint.trail if name in self._flow.nodes]
        self._asked = [name for name in checkpoint.asked if name in self._flow.nodes]
        self._resumed = True
        where = [checkpoint.step] if checkpoint.step in self._flow.nodes else self._trail
        node = self._flow.nodes[where[-1] if where else self._flow.start]
        try:
            checkpoint.restore(self._call)
            attempt = self._call.services.cashier.last_attempt(self._call.channel.uuid)
        except StoreError as error:
            self._call.journal.note({"trouble": f"resume: {type(error).__name__}"})
            return node, lambda: TROUBLE
        self._in_trouble = checkpoint.in_trouble
        if attempt is not None and attempt.id == checkpoint.payment:
            self._call.facts.payment, self._call.facts.ending = attempt, ENDINGS[attempt.state]
        elif attempt is not None and (charging := self._charging(node)) is not None:
            node.step.left(self._call)
            return charging[0], partial(charging[1].take_up, self._call, attempt)
        node = self._within_reach(node)
        if node.name != checkpoint.step:
            self._call.within.clear()
        return node, partial(node.step.run, self._call)

    def to_the_end(self, node: Node, act: Act) -> str:
        """Run that step, and whatever follows it, until the call ends or moves to another server."""
        while True:
            self._enter(node)
            if node.step.all_outcomes() and self._moves(node):
                return MOVED
            outcome = self._run(node, act)
            if outcome == MOVED:
                return MOVED
            if outcome == TROUBLE and self._in_trouble:
                self._apologise()
                self._call.channel.hang_up()
                return FAILED
            if outcome == TROUBLE:
                self._in_trouble = True
                self._apologise()
                self._call.arrival = Arrival(node.name, TROUBLE)
                node = self._flow.nodes[self._flow.operator]
            elif not node.step.all_outcomes():
                return AGENT if self._call.counts["talked"] else FINISHED
            else:
                node = self._follow(node, outcome)
            act = partial(node.step.run, self._call)

    def _enter(self, node: Node) -> None:
        """The way to a step, without the circles that led back to it."""
        if node.name in self._trail:
            del self._trail[self._trail.index(node.name) :]
        self._trail.append(node.name)

    def _moves(self, node: Node) -> bool:
        """Keep where the call is. True where this server leaves and another one can go on from here.

        A call with a card in hand stays until that is charged or wiped: a card never moves, and nobody is made to
        key theirs again because we restart.
        """
        call = self._call
        if self._leaves(node):
            return True
        call.keep, call.moves = partial(self._keep, node), partial(self._leaves, node)
        call.keep()
        return False

    def _leaves(self, node: Node) -> bool:
        call, checkpoints = self._call, self._call.services.checkpoints
        if not call.leaves() or call.facts.card is not None:
            return False
        return checkpoints.commit(call.channel.uuid, self._place(node))

    def _keep(self, node: Node) -> None:
        self._call.services.checkpoints.keep(self._call.channel.uuid, self._place(node))

    def _place(self, node: Node) -> str:
        return Checkpoint.of(self._call, node.name, self._trail, self._asked, self._in_trouble).text()

    def _charging(self, node: Node) -> tuple[Node, ChargingStep] | None:
        """The step that opened an attempt: this one, one of those that follow it, or any."""
        following = [self._flow.nodes[name] for name in node.next.values()]
        for each in (node, *following, *self._flow.nodes.values()):
            if isinstance(each.step, ChargingStep):
                return each, each.step
        return None

    def _within_reach(self, node: Node, *, leaving: Node | None = None) -> Node:
        """A step that all is known for, and for what follows it: this one, the last such on the way to it but for
        one that is being left, or the first of the flow."""
        known = self._call.facts.known()
        if node.known <= known or goes_on(self._flow, node, known):
            return node
        way = (name for name in reversed(self._trail) if leaving is None or name != leaving.name)
        for name in way:
            if self._flow.nodes[name].known <= known:
                return self._flow.nodes[name]
        return self._flow.nodes[self._flow.start]

    def _run(self, node: Node, act: Act) -> str:
        """Run one step and write it down; its outcome, or `TROUBLE`."""
        self._places.current = node.name
        self._call.entered(node.name, node.step.secret)
        self._visits[node.name] += 1
        if self._visits[node.name] > MAX_VISITS:
            self._call.journal.step(node.name, node.step.do, "too_often", 0.0)
            return TROUBLE
        started = time.monotonic()
        outcome = FAILED
        try:
            outcome = act()
        except StepEnds as ends:
            outcome = ends.outcome
        except (StoreError, NotProtected) as error:
            outcome = TROUBLE
            self._call.journal.note({"trouble": f"{node.name}: {type(error).__name__}"})
        except CallEnded:
            outcome = HUNG_UP
            raise
        finally:
            self._call.within.clear()
            self._call.path.append(f"{node.name}:{outcome}")
            self._call.journal.step(node.name, node.step.do, outcome, time.monotonic() - started)
        return outcome

    def _follow(self, node: Node, outcome: str) -> Node:
        self._call.facts.forget(node.step.all_outcomes()[outcome].forgets)
        if not node.step.way_back:
            self._asked.clear()
        elif outcome != "back" and node.step.asks:
            self._asked.append(node.name)
        self._call.arrival = Arrival(node.name, outcome)
        sent_to, self._call.sent_to = self._call.sent_to, ""
        following = self._places.node(sent_to) if sent_to else self._next(node, outcome)
        if following is None:
            return self._back(node)
        if sent_to:
            return self._within_reach(following, leaving=node)
        return self._within_reach(following) if self._resumed else following

    def _next(self, node: Node, outcome: str) -> Node | None:
        """Where the outcome leads; None where the flow leaves that to us."""
        target = node.next.get(outcome) or node.next.get(node.step.all_outcomes()[outcome].instead)
        return None if target is None else self._flow.nodes[target]

    def _back(self, node: Node) -> Node:
        """The question asked before this one, if all is still known that its paths rely on; else this one, or,
        where this one asks nothing, the last one on the way here that all is known for."""
        known = self._call.facts.known()
        while self._asked:
            earlier = self._flow.nodes[self._asked.pop()]
            if earlier is not node and earlier.known <= known:
                return earlier
        if node.step.asks:
            return node
        earlier_names = [name for name in reversed(self._trail) if name != node.name]
        reachable = (self._flow.nodes[name] for name in earlier_names if self._flow.nodes[name].known <= known)
        return next(reachable, self._flow.nodes[self._flow.start])

    def _apologise(self) -> None:
        self._call.channel.play(say(APOLOGY))
