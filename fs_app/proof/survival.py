"""A hundred calls up on two servers, and one of them dies, or all are replaced: who notices, and for how long?"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import gevent
from gevent.pool import Group

from fs_app.chaos.evidence import gather, unfinished
from fs_app.chaos.invariants import (
    Evidence,
    Violation,
    every_order_known,
    ledger_equals_gateway,
    none_open,
    one_capture,
    paid_once,
)
from fs_app.domain.payment import OPEN_STATES
from fs_app.errors import FsAppError
from fs_app.proof.callers import Line, Script
from fs_app.proof.silence import silences
from fs_app.proof.site import PIN, Bill, Site

_RULES = (one_capture, ledger_equals_gateway, every_order_known, none_open, paid_once)
_STARTS_A_SECOND = 4.0
_REST_SECONDS = 90.0
_CALL_SECONDS = 240.0
_AGENTS = 4
_TALK_SECONDS = 25
_ACCOUNT = 20_000


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one call. ``was`` is what it heard when the server died; ``longest`` its longest silence after
    that, in seconds; ``announced`` whether it was told to wait a moment."""

    was: str
    ending: str
    longest: float
    announced: bool
    talking: bool


@dataclass(frozen=True, slots=True)
class Survival:
    """How a run ended. ``fates`` are those of the calls that were up when it struck."""

    title: str
    calls: int
    fates: Sequence[Fate]
    violations: Sequence[Violation]
    captured: int
    seconds: float
    problems: Sequence[str] = field(default_factory=list)

    @property
    def up(self) -> int:
        """How many calls were up when it struck."""
        return len(self.fates)

    @property
    def lost(self) -> Sequence[Fate]:
        """Calls that did not come to their end."""
        return [fate for fate in self.fates if fate.ending not in ("paid", "agent")]

    @property
    def endings(self) -> Counter[str]:
        """How the calls ended."""
        return Counter(fate.ending for fate in self.fates)


def bills(calls: int) -> list[Bill]:
    """One for each caller, each amount its own; what the local gateway declines is avoided."""
    return [Bill(str(_ACCOUNT + number), 1_000 + 7 * number) for number in range(calls)]


def script(account: str, chance: random.Random, *, agent: bool) -> Script:
    """Somebody who pays their bill, or wants a person at once, and takes their time."""
    return Script(
        {
            "enter_account_number": ["0#"] if agent else [f"{account}#"],
            "enter_pin": [PIN],
            "pay_full": ["1"],
            "enter_card_number": ["4111111111111111"],
            "enter_expiry": ["1231"],
            "enter_security_code": ["123"],
            "enter_postal_code": ["94107"],
            "confirm_payment": ["1"],
        },
        until=("paid", "not_paid", "being_checked", "no_agent_available"),
        careful=True,
        think=tuple(chance.uniform(1.0, 4.5) for _ in range(7)),
    )


def survive(
    site: Site, title: str, owed: Sequence[Bill], strike: Callable[[], Sequence[str]], *, seed: int
) -> Survival:
    """Place a call for every bill, strike when all are up, let everybody finish, and compare the books.

    ``strike`` returns what was wrong with it.
    """
    begun, chance = time.monotonic(), random.Random(seed)
    site.add_agents(_AGENTS, seconds=_TALK_SECONDS)
    lines: list[Line] = []
    people = Group()
    for number, bill in enumerate(owed):
        line = site.exchange.dial(caller_id=f"1408{5_550_000 + number}")
        lines.append(line)
        people.spawn(line.follow, script(bill.account, chance, agent=number % 25 == 3))
        gevent.sleep(1 / _STARTS_A_SECOND)
    _wait(lambda: all(line.sayings or line.ended for line in lines), 20, "not every call was answered")
    at = time.time()
    up = [line for line in lines if not line.ended]
    before = {line.caller: _was(line, at) for line in up}
    problems = list(strike())
    people.join(_CALL_SECONDS)
    fates = [_fate(line, at, before[line.caller]) for line in up]
    people.kill()
    evidence = _at_rest(site, problems)
    violations = [Violation(rule.__name__, what, bill) for rule in _RULES for bill, what in rule(evidence)]
    captured = sum(order.captures for order in evidence.orders.values())
    return Survival(title, len(owed), fates, violations, captured, time.monotonic() - begun, problems)


def _was(line: Line, at: float) -> str:
    if line.talked:
        return "talking to an agent"
    if not line.sayings:
        return "connecting"
    saying = line.sayings[-1]
    doing = "hearing" if not saying.stopped else "answering" if saying.expected and not saying.answered else "after"
    return f"{doing} {saying.phrases[-1]}"


def _fate(line: Line, at: float, was: str) -> Fate:
    after = [saying for saying in line.sayings if saying.started > at]
    heard = {phrase for saying in line.sayings for phrase in saying.phrases}
    ending = next((word for word in ("paid", "not_paid", "being_checked") if word in heard), "")
    if not ending:
        whole = line.talked and line.ended - line.talked > _TALK_SECONDS - 1
        ending = "agent" if whole else "talk cut" if line.talked else "cut off" if line.ended else "stuck"
    return Fate(
        was,
        ending,
        max(silences(line.sayings, since=at), default=0.0),
        any("one_moment" in saying.phrases for saying in after),
        was == "talking to an agent",
    )


def _at_rest(site: Site, problems: list[str]) -> Evidence:
    try:
        _wait(lambda: unfinished(site.database, tuple(OPEN_STATES)) == 0, _REST_SECONDS, "it did not come to rest")
    except FsAppError as error:
        problems.append(str(error))
    return gather(site.database, site.control, site.provider, [])


def _wait(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise FsAppError(otherwise)
        gevent.sleep(0.1)


def kill_one(site: Site) -> Callable[[], Sequence[str]]:
    """kill -9 of the worker that has more calls."""

    def strike() -> Sequence[str]:
        workers = site.workers()
        os.kill(max(workers, key=lambda pid: workers[pid]), signal.SIGKILL)
        return []

    return strike


def restart(site: Site) -> Callable[[], Sequence[str]]:
    """`fs-app restart`, and both workers are others afterwards."""

    def strike() -> Sequence[str]:
        before = site.workers()
        site.restart()
        stayed = before.keys() & site.workers().keys()
        return [f"worker {pid} was not replaced" for pid in stayed]

    return strike
