"""What people at the desk tell each other, on SQLite and MariaDB."""

from __future__ import annotations

from fs_app.store.desk_messages import SqlDeskMessages
from fs_app.store.engine import Database
from fs_app.testing.fakes_payments import StandingClock


def test_what_is_told_waits_for_whom_it_is_for_until_they_have_seen_it(database: Database) -> None:
    messages = SqlDeskMessages(database, StandingClock())
    told = messages.send("maria", "sam", "Offer the other card", "uuid-1")
    messages.send("omar", "sam", "Please take a break")
    assert messages.unseen(["maria"]) == [told]
    assert [each.to for each in messages.unseen({"maria", "omar"})] == ["maria", "omar"]
    assert messages.seen(told.id, "maria")
    assert messages.unseen(["maria"]) == []
    assert not messages.seen(told.id, "maria")


def test_nobody_reads_what_is_for_somebody_else(database: Database) -> None:
    messages = SqlDeskMessages(database, StandingClock())
    told = messages.send("maria", "sam", "Hello")
    assert not messages.seen(told.id, "omar")
    assert messages.unseen(["maria"]) == [told]
    assert messages.unseen([]) == []


def test_a_long_number_is_not_kept(database: Database) -> None:
    messages = SqlDeskMessages(database, StandingClock())
    told = messages.send("maria", "sam", "the card was 4111111111111111")
    assert "4111" not in told.text
    assert messages.unseen(["maria"]) == [told]


def test_what_was_told_about_a_call_is_found_by_it(database: Database) -> None:
    messages = SqlDeskMessages(database, StandingClock())
    first = messages.send("maria", "sam", "Hello", "uuid-1")
    messages.send("maria", "sam", "About another", "uuid-2")
    messages.seen(first.id, "maria")
    found = messages.of_call("uuid-1")
    assert [each.text for each in found] == ["Hello"]
    assert found[0].seen_at is not None


def test_what_is_old_is_forgotten_seen_or_not(database: Database) -> None:
    clock = StandingClock()
    messages = SqlDeskMessages(database, clock)
    messages.send("maria", "sam", "Hello")
    clock.move(100)
    kept = messages.send("maria", "sam", "Again")
    assert messages.forget(clock.now()) == 1
    assert messages.unseen(["maria"]) == [kept]
    assert messages.forget(clock.now()) == 0
