"""Everything that is made to go wrong, as a table.

A fault belongs to the payment that it was planned for: it is set up right before that payment begins. Where it can
be aimed (a death at a point, an answer of the gateway) it meets that very payment; where it cannot (the database)
it meets whatever is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from fs_app.chaos.outages import Outages
from fs_app.chaos.points import Point
from fs_app.chaos.provider import Mishap
from fs_app.chaos.proxy import AtCommit


class Habit(StrEnum):
    """What callers do of their own."""

    PATIENT = "patient"
    HANGS_UP = "hangs_up"  # while the charge is under way
    PAYS_AGAIN = "pays_again"  # whatever they were told


class Target(Protocol):
    """What a fault can be done to: the site of the campaign, at the moment one payment begins."""

    outages: Outages

    def gateway(self, minor: int, request: str, kind: str, **more: object) -> None:
        """Have the gateway fail at that request of the payment of that amount."""
        ...

    def kill_server(self, point: Point, number: int, minor: int) -> None:
        """Have the server that takes that call die at a point of its payment."""
        ...

    def kill_web(self, point: Point, minor: int) -> None:
        """Have the page's process die at a point of a payment."""
        ...

    def kill_jobs(self, point: Point) -> None:
        """Have the next jobs process that passes the point die."""
        ...

    def commit(self, what: AtCommit) -> None:
        """Let that happen to the next commit."""
        ...

    def search_lags(self) -> None:
        """For a while the gateway's search finds only what is some seconds old."""
        ...

    def claims_lost(self) -> None:
        """Have every task that is claimed claimed once more, by somebody else."""
        ...

    def receipt(self, mishap: Mishap) -> None:
        """Let that happen to the next receipt."""
        ...


Strike = Callable[[Target, int, int], None]
"""``(target, number, minor)``: set the fault up for the payment of that number and amount."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong; ``share`` is how often, relative to the others."""

    name: str
    about: str
    share: float = 1.0
    strike: Strike = lambda *_: None
    payers: Sequence[str] = ("phone",)
    habit: Habit = Habit.PATIENT
    declined: bool = False


_LONG: Mapping[str, object] = {"seconds": 4.5}  # longer than the campaign's read_seconds
_BOTH, _AUTHORISE = ("authorise", "submit"), ("authorise",)
_KINDS: Sequence[tuple[str, str, Sequence[str], Mapping[str, object]]] = (
    ("delay_before_commit", "acts and answers too late", _BOTH, _LONG),
    ("delay_after_commit", "acts, and answers too late", _BOTH, _LONG),
    ("drop_before_commit", "hangs up without having acted", _BOTH, {}),
    ("drop_after_commit", "acts, and hangs up", _BOTH, {}),
    ("reset_before_commit", "resets the connection without having acted", _BOTH, {}),
    ("reset_after_commit", "acts, and resets the connection", _BOTH, {}),
    ("status_before_commit", "answers 503 without having acted", _BOTH, {"status": 503}),
    ("status_after_commit", "acts, and answers 500", _BOTH, {"status": 500}),
    ("empty_before_commit", "answers nothing with 200 without having acted", _BOTH, {}),
    ("empty_after_commit", "acts, and answers nothing with 200", _BOTH, {}),
    ("truncated_after_commit", "acts, and its answer ends in the middle", _BOTH, {}),
    ("broken_xml_after_commit", "acts, and its answer is broken XML", _BOTH, {}),
    ("slow_drip_after_commit", "acts, and its answer drips for longer than anybody waits", _BOTH, {"seconds": 30}),
    ("wrong_amount", "authorises half of the amount", _AUTHORISE, {}),
    ("refuse_request_key", "refuses the api_request_key with 915231", _AUTHORISE, {}),
)


def _gateway_faults() -> list[Fault]:
    """Each kind of the local gateway, at each request that it can meet."""
    return [
        Fault(f"{request}_{kind}", f"gateway, request to {request}: {about}", 1.0, _fails(request, kind, more))
        for kind, about, requests, more in _KINDS
        for request in requests
    ]


def _fails(request: str, kind: str, more: Mapping[str, object]) -> Strike:
    return lambda target, _, minor: target.gateway(minor, request, kind, **more)


_DEATHS = {
    Point.BEFORE_OPEN: "before the attempt is committed",
    Point.DURING_OPEN: "while the attempt is committed",
    Point.AFTER_OPEN: "after the attempt is committed",
    Point.DURING_SEND: "while the authorisation is on its way",
    Point.AFTER_REPLY: "after the gateway's answer",
    Point.DURING_RECORD: "while the answer is recorded",
    Point.AFTER_RECORD: "after the record",
    Point.BEFORE_SUBMIT: "before the submission",
    Point.DURING_SUBMIT: "while the submission is on its way",
    Point.AFTER_SUBMIT: "after the submission",
    Point.AFTER_PAID: "after it was recorded as paid",
}
_JOBS_DEATHS = {
    Point.BEFORE_LOOK: "before it asks the gateway",
    Point.AFTER_LOOK: "after the gateway told it",
    Point.DURING_RECORD: "while it records",
    Point.BEFORE_SUBMIT: "before it submits",
    Point.AFTER_SUBMIT: "after it submitted",
    Point.BEFORE_RECEIPT: "before it sends a receipt",
    Point.DURING_RECEIPT: "while it sends a receipt",
    Point.AFTER_RECEIPT: "after it sent a receipt",
}


def _kills_server(point: Point) -> Strike:
    return lambda target, number, minor: target.kill_server(point, number, minor)


def _kills_web(point: Point) -> Strike:
    return lambda target, _, minor: target.kill_web(point, minor)


def _kills_jobs(point: Point) -> Strike:
    return lambda target, *_: target.kill_jobs(point)


def _at_commit(what: AtCommit) -> Strike:
    return lambda target, *_: target.commit(what)


def _mishap(mishap: Mishap) -> Strike:
    return lambda target, *_: target.receipt(mishap)


FAULTS: Sequence[Fault] = (
    Fault("none", "nothing goes wrong", 30.0),
    Fault("web", "nothing goes wrong, on the web", 6.0, payers=("web",)),
    Fault("declined", "the processor says no", 3.0, declined=True),
    Fault("hangs_up", "the caller hangs up during the charge", 3.0, habit=Habit.HANGS_UP),
    Fault("pays_again", "the caller calls again and pays again", 3.0, habit=Habit.PAYS_AGAIN),
    Fault("two_phones", "two callers pay one bill at once", 3.0, payers=("phone", "phone")),
    Fault("phone_and_web", "one bill is paid by phone and on the web at once", 3.0, payers=("phone", "web")),
    *(Fault(f"kill_server_{point}", f"server killed {about}", 0.6, _kills_server(point))
      for point, about in _DEATHS.items()),
    Fault("kill_server_hung_up", "server killed after the answer, and the caller has hung up", 0.6,
          _kills_server(Point.AFTER_REPLY), habit=Habit.HANGS_UP),
    Fault("kill_web_after_reply", "the page's process killed after the gateway's answer", 0.6,
          _kills_web(Point.AFTER_REPLY), payers=("phone", "web")),
    *(Fault(f"kill_jobs_{point}", f"jobs process killed {about}", 0.6, _kills_jobs(point))
      for point, about in _JOBS_DEATHS.items()),
    *_gateway_faults(),
    Fault("commit_lost", "the connection to the database is cut before a commit", 1.0, _at_commit(AtCommit.LOST)),
    Fault("commit_unanswered", "the database commits, its answer is lost", 1.0, _at_commit(AtCommit.UNANSWERED)),
    Fault("commit_crash", "the database is killed during a commit", 0.15, _at_commit(AtCommit.CRASH)),
    Fault("database_killed", "the database is killed, and comes back", 0.15,
          lambda target, *_: target.outages.killed()),
    Fault("database_stalled", "the database stands still for longer than anybody waits", 0.15,
          lambda target, *_: target.outages.stalled()),
    Fault("database_failed_over", "the database turns read-only, goes away, and comes back", 0.15,
          lambda target, *_: target.outages.failed_over()),
    Fault("search_lags", "the gateway's search finds nothing new for some seconds", 1.0,
          lambda target, *_: target.search_lags()),
    Fault("resolved_twice", "two resolvers work on the same attempts", 2.0,
          lambda target, *_: target.claims_lost()),
    *(Fault(f"receipt_{mishap}", f"the provider of messages: {about}", 1.0, _mishap(mishap))
      for mishap, about in ((Mishap.DROPPED, "takes it and hangs up"), (Mishap.STALLED, "takes it and is silent"),
                            (Mishap.REFUSED, "does not take it"))),
)  # fmt: skip
