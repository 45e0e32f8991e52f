"""What is shown of calls, queues, agents, customers and calls back, and what is read again: without I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import gevent

from fs_app.console import callbacks, customers, floor
from fs_app.console.look import Every, Lately
from fs_app.domain.assist import AssistState
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.ports import (
    CallbackRequest,
    LinkRecord,
    LiveCall,
    ReceiptState,
)
from fs_app.ports.console import CallbackRecord, CallbackState, LiveRecord, QueueFigures
from fs_app.ports.switchboard import AgentSeen
from tests.viewkit import MARIA, NOW, USD, WORDS, assist, handed

# --- the floor ---------------------------------------------------------------------------------------------------


def live(uuid: str, **more: Any) -> LiveRecord:
    call = LiveCall(uuid, "w", "pay", "card", "en", NOW, NOW, **{k: more.pop(k) for k in ("secret",) if k in more})
    return LiveRecord(call, NOW, **more)


def test_listening_in_is_blocked_while_a_secret_is_asked_and_during_an_assisted_payment() -> None:
    calls = [live("uuid-1"), live("uuid-2", secret=True), live("uuid-3")]
    rows = floor.calls(calls, [handed(1)], [assist(AssistState.ASKING).view], WORDS, NOW)["list"]
    assert [bool(each["blocked"]) for each in rows] == [True, True, False]
    after = floor.calls(calls, [handed(1)], [assist(AssistState.APPROVED).view], WORDS, NOW)["list"]
    assert not after[0]["blocked"]


def test_a_call_that_only_the_desk_knows_is_on_the_floor_and_what_ended_is_apart() -> None:
    ended = live("uuid-9", outcome="caller_hung_up", ended_at=NOW + timedelta(seconds=67))
    view = floor.calls([ended], [handed(1, agent="maria@default")], [], WORDS, NOW)
    assert [(each["key"], each["agent"], each["to"]) for each in view["list"]] == [
        ("uuid-1", "maria@default", "maria@default")
    ]
    assert [(each["outcome"], each["lasted"]) for each in view["ended"]] == [("The caller hung up", "1:07")]


def test_agents_are_known_by_the_switch_by_their_calls_and_by_who_works_here() -> None:
    seen = [AgentSeen("omar@default", "On Break", "Waiting")]
    view = floor.agents(seen, [MARIA], [handed(1, agent="gast@default")], WORDS)
    assert [(each["name"], each["status"], each["call"], each["login"]) for each in view["list"]] == [
        ("gast@default", "Not known", "In a talk", ""),
        ("maria@default", "Not known", "", "maria"),
        ("omar@default", "On break", "", ""),
    ]
    assert view["unknown"] == ""
    assert floor.agents(None, [], [], WORDS)["unknown"] != ""


def test_queues_tell_how_it_goes() -> None:
    figures = QueueFigures("q", 2, 1, 3, NOW, 40, 5, 6, 61.4, None)
    row = floor.queues([figures], WORDS)["list"][0]
    assert (row["waiting"], row["since"], row["mean_wait"], row["mean_talk"]) == (
        "2",
        int(NOW.timestamp()),
        "1:01",
        "",
    )
    assert floor.clock(3727) == "1:02:07"


# --- customers, calls back ---------------------------------------------------------------------------------------


def test_a_link_is_seen_sent_opened_and_paid() -> None:
    link = LinkRecord(
        1,
        "uuid",
        "acc",
        "bill",
        Money(100, USD),
        Contact.parse("sms:+15550100001"),
        "maria",
        ReceiptState.SENT,
        NOW,
    )

    def row(**more: Any) -> tuple[str, str, str]:
        known = customers.Known([], [], [replace(link, **more)])
        view = customers.shown(known, WORDS)["links"][0]
        return view["state"], view["opened"], view["paid"]

    assert row() == ("sent", "Whether it is opened is not known here.", "")
    assert row(opens=0) == ("sent", "Not opened yet.", "")
    assert row(opens=2, opened_at=NOW)[0] == "opened"
    assert row(opens=2, opened_at=NOW, paid=True)[::2] == ("paid", "Paid.")


def test_a_call_back_is_free_mine_or_somebody_elses() -> None:
    request = CallbackRequest("uuid", "q", "+15550100001", "es", 7)
    record = CallbackRecord(3, request, CallbackState.WAITING, NOW)

    def row(**more: Any) -> dict[str, Any]:
        found: dict[str, Any] = callbacks.shown([replace(record, **more)], MARIA, WORDS)["list"][0]
        return found

    assert (row()["free"], row()["mine"], row()["dial"]) == (True, False, "tel:+15550100001")
    mine = row(state=CallbackState.TAKEN, taken_by="maria")
    assert (mine["free"], mine["mine"], mine["taken"], mine["context"]) == (False, True, "", "/agent/calls/7")
    theirs = row(state=CallbackState.TAKEN, taken_by="omar")
    assert (theirs["free"], theirs["mine"], theirs["taken"]) == (False, False, "omar calls")


# --- reading again -----------------------------------------------------------------------------------------------


def test_what_moves_slowly_is_read_again_when_it_is_old() -> None:
    at, reads = [0.0], iter(range(10))
    every = Every(2.0, lambda: next(reads), now=lambda: at[0])
    assert [every(), every()] == [0, 0]
    at[0] = 2.0
    assert [every(), every()] == [1, 1]


def test_what_may_take_long_is_read_aside() -> None:
    at, reads = [0.0], iter(range(10))
    lately = Lately(5.0, lambda: next(reads), -1, now=lambda: at[0])
    assert lately() == -1
    gevent.sleep(0)
    assert [lately(), lately()] == [0, 0]
    at[0] = 5.0
    assert lately() == 0
    gevent.sleep(0)
    assert lately() == 1
    lately.refresh()
    assert lately() == 2
