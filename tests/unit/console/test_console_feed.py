"""The feed: what changed and nothing else, for as long as somebody may see it, and nobody slows the others down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime
from typing import Any

import gevent
import pytest
from gevent.event import Event

from fs_app.console.feed import Audience, Feed, FeedFull, Pace, Snapshot
from fs_app.domain.people import Role
from fs_app.errors import StoreUnavailable
from fs_app.ports.people import ConsoleSession, SessionId, User, UserId

NOW = datetime(2026, 3, 14, tzinfo=UTC)
PACE = Pace(heartbeat=0.01, sessions=5.0, slow=20.0, per_user=2, per_process=3)


def user(number: int = 1, **more: Any) -> User:
    plain: dict[str, Any] = {
        "name": f"user{number}", "roles": frozenset({Role.AGENT}), "full_name": "", "agent": None, "language": "en",
        "disabled": False, "has_password": True, "has_code": False,
    }  # fmt: skip
    return User(id=UserId(number), **{**plain, **more})


def session(number: int, of: User) -> ConsoleSession:
    return ConsoleSession(SessionId(number), of, False, NOW, NOW, NOW, "", "")


class Desk:
    """What there is to see, who is signed in, and a clock."""

    def __init__(self) -> None:
        self.parts: dict[str, object] = {"calls": ["one"], "me": "here"}
        self.up = True
        self.sessions = {number: [session(number, user(number))] for number in (1, 2, 3, 4)}
        self.looks: list[Set[Audience]] = []
        self.at = 0.0

    def look(self, audiences: Set[Audience]) -> Mapping[Audience, Snapshot]:
        self.looks.append(audiences)
        if not self.up:
            raise StoreUnavailable("down")
        return {each: dict(self.parts) for each in audiences}

    def of(self, user_id: UserId) -> list[ConsoleSession]:
        return self.sessions[user_id]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def feed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Feed]:
    """A feed that looks when it is told to."""
    feed = Feed(desk.look, desk.of, pace=PACE, now=lambda: desk.at)
    monkeypatch.setattr(Feed, "_run", lambda _: None)
    yield feed
    feed.close()


def opened(feed: Feed, number: int = 1, resume: str = "", page: str = "agent") -> Iterator[bytes]:
    """A stream that has said hello."""
    events = feed.open(Audience(page, user(number)), SessionId(number), resume)
    assert b"event: clock" in next(events)
    return events


def told(events: Iterator[bytes]) -> dict[str, Any]:
    """The next events, by name; nothing where it is a heartbeat."""
    found: dict[str, Any] = {}
    for event in next(events).decode().strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in event.splitlines() if not line.startswith(":"))
        if fields:
            found[fields["event"]] = json.loads(fields["data"])
            found["id"] = fields.get("id")
    return found


def without_id(found: dict[str, Any]) -> dict[str, Any]:
    return {name: data for name, data in found.items() if name != "id"}


def settle() -> None:
    """Let greenlets that can go on do so."""
    for _ in range(10):
        gevent.sleep(0)


def test_the_whole_is_told_first_and_then_what_changed(desk: Desk, feed: Feed) -> None:
    events = opened(feed)
    feed.turn()
    assert without_id(told(events)) == {"health": {"stale": False}, "calls": ["one"], "me": "here"}
    feed.turn()
    assert told(events) == {}, "a heartbeat"
    desk.parts["calls"] = ["one", "two"]
    feed.turn()
    assert without_id(told(events)) == {"calls": ["one", "two"]}


def test_who_comes_back_and_has_seen_all_is_told_nothing_again(desk: Desk, feed: Feed) -> None:
    events = opened(feed)
    feed.turn()
    last = told(events)["id"]
    events.close()  # type: ignore[attr-defined]
    again = opened(Feed(desk.look, desk.of, pace=PACE), resume=last)  # another process
    assert next(again) == b": \n\n"
    back = opened(feed, resume=last)
    feed.turn()
    assert told(back) == {}
    desk.parts["me"] = "gone"
    feed.turn()
    assert without_id(told(back)) == {"me": "gone"}


def test_who_comes_back_to_something_else_is_told_all_of_it(desk: Desk, feed: Feed) -> None:
    events = opened(feed, resume="an older id")
    feed.turn()
    assert set(without_id(told(events))) == {"health", "calls", "me"}


def test_one_look_is_for_everybody_and_each_audience_is_looked_for_once(desk: Desk, feed: Feed) -> None:
    kept = [opened(feed, number) for number in (1, 1, 2)]
    feed.turn()
    assert len(kept) == feed.watched
    assert [len(audiences) for audiences in desk.looks] == [2]


def test_a_browser_that_is_late_gets_the_newest_only(desk: Desk, feed: Feed) -> None:
    events = opened(feed)
    for count in range(50):
        desk.parts["calls"] = [count]
        feed.turn()
    assert without_id(told(events)) == {"health": {"stale": False}, "calls": [49], "me": "here"}
    assert told(events) == {}


def test_a_browser_that_takes_nothing_is_dropped_and_the_others_are_not(desk: Desk, feed: Feed) -> None:
    stands_still = Event()

    def read() -> None:
        for _ in opened(feed):
            stands_still.wait()

    slow = gevent.spawn(read)
    well = opened(feed, 2)
    settle()
    feed.turn()
    settle()
    desk.at += PACE.slow
    feed.turn()
    settle()
    assert not slow.dead
    told(well)
    desk.at += 1
    feed.turn()
    slow.join(1)
    assert slow.dead
    assert feed.watched == 1
    desk.parts["me"] = "gone"
    feed.turn()
    assert without_id(told(well)) == {"me": "gone"}


def test_a_stream_ends_with_its_session(desk: Desk, feed: Feed) -> None:
    events, other = opened(feed), opened(feed, 2)
    feed.turn()
    told(events)
    desk.sessions[1] = []
    desk.at += PACE.sessions
    feed.turn()
    assert without_id(told(events)) == {"bye": "session"}
    with pytest.raises(StopIteration):
        next(events)
    assert feed.watched == 1
    told(other)


def test_sessions_are_not_asked_for_at_each_look(desk: Desk, feed: Feed) -> None:
    events = opened(feed)
    feed.turn()
    told(events)
    desk.sessions[1] = []
    feed.turn()
    assert told(events) == {}


def test_whose_roles_or_language_changed_comes_again_as_who_they_are_now(desk: Desk, feed: Feed) -> None:
    done = gevent.spawn(lambda: list(opened(feed)))
    settle()
    desk.sessions[1] = [session(1, user(1, language="tr"))]
    feed.turn()
    done.join(1)
    assert done.dead
    assert feed.watched == 0


def test_of_too_many_streams_of_one_person_the_oldest_says_goodbye(desk: Desk, feed: Feed) -> None:
    first, second = opened(feed), opened(feed)
    third = opened(feed)
    assert without_id(told(first)) == {"bye": "elsewhere"}
    assert list(first) == []
    feed.turn()
    assert "calls" in told(second)
    assert "calls" in told(third)


def test_a_process_has_no_more_streams_than_it_may(desk: Desk, feed: Feed) -> None:
    kept = [opened(feed, number) for number in (1, 2, 3)]
    with pytest.raises(FeedFull):
        feed.open(Audience("agent", user(4)), SessionId(4))
    kept[0].close()  # type: ignore[attr-defined]
    opened(feed, 4)


def test_a_stream_that_nobody_takes_anything_of_leaves_nothing_behind(desk: Desk, feed: Feed) -> None:
    never = feed.open(Audience("agent", user(1)), SessionId(1))  # the answer to HEAD, say
    never.close()  # type: ignore[attr-defined]
    assert feed.watched == 0


def test_a_database_that_is_down_is_told_and_what_was_shown_stays(desk: Desk, feed: Feed) -> None:
    events = opened(feed)
    feed.turn()
    told(events)
    desk.up = False
    feed.turn()
    assert without_id(told(events)) == {"health": {"stale": True}}
    feed.turn()
    assert told(events) == {}
    desk.up = True
    feed.turn()
    assert without_id(told(events)) == {"health": {"stale": False}}


def test_nothing_breaks_out_of_its_line(desk: Desk, feed: Feed) -> None:
    desk.parts = {"messages": "first\nevent: bye\n\ndata: x\u2028"}
    events = opened(feed)
    feed.turn()
    sent = next(events).decode()
    assert [line for line in sent.split("\n") if line.startswith("event: ")] == ["event: health", "event: messages"]
    assert json.loads(sent.rpartition("\ndata: ")[2]) == desk.parts["messages"]


def test_it_looks_while_somebody_watches_and_then_no_more(desk: Desk) -> None:
    feed = Feed(desk.look, desk.of, pace=Pace(look=0.001, heartbeat=0.01))
    events = feed.open(Audience("agent", user(1)), SessionId(1))
    next(events)
    with gevent.Timeout(5):
        while "calls" not in told(events):
            pass
    events.close()  # type: ignore[attr-defined]
    gevent.sleep(0.05)
    looks = len(desk.looks)
    gevent.sleep(0.05)
    assert (len(desk.looks), feed.watched) == (looks, 0)


def test_a_defect_in_a_look_ends_the_streams_so_that_browsers_come_again(desk: Desk) -> None:
    def broken(_: Set[Audience]) -> Mapping[Audience, Snapshot]:
        raise LookupError("a defect")

    feed = Feed(broken, desk.of, pace=Pace(look=0.001, heartbeat=1))
    watching = gevent.spawn(lambda: list(feed.open(Audience("agent", user(1)), SessionId(1))))
    watching.join(5)
    assert watching.dead
    assert feed.watched == 0
