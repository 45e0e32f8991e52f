"""Sessions, the limits of tries, and the audit, on SQLite and MariaDB."""

from __future__ import annotations

from datetime import timedelta

import gevent
import pytest

from fs_app.domain.people import LONGEST_PAUSE, Subject, TryKind, pause_after
from fs_app.errors import StoreUnavailable
from fs_app.ports.people import ConsoleDeed, LinkPurpose, User
from fs_app.store.engine import Database
from fs_app.store.people import SqlPeople
from fs_app.store.people_tables import console_audit
from fs_app.store.people_upkeep import EndedSessions, ExpiredLinks, OldTries
from fs_app.testing.fakes_payments import StandingClock
from tests.peoplekit import AGENT, PASSWORD, SUPERVISOR, TIMES, everything

# --- sessions ----------------------------------------------------------------------------------------------------


def test_a_session_is_found_by_its_token(people: SqlPeople, maria: User) -> None:
    token = people.sessions.open(maria.id, "203.0.113.9", "Firefox")
    found = people.sessions.find(token)
    assert found is not None
    assert (found.user, found.address, found.browser, found.waits_for_code) == (
        maria,
        "203.0.113.9",
        "Firefox",
        False,
    )
    assert people.sessions.find("") is None
    assert people.sessions.find(token[:-1]) is None


def test_nothing_in_the_database_lets_anybody_in(database: Database, people: SqlPeople, maria: User) -> None:
    secrets = [
        people.sessions.open(maria.id, "", ""),
        people.links.make(maria.id, LinkPurpose.RESET),
        PASSWORD,
    ]
    people.limits.claim([Subject(TryKind.NAME, "hunter2 in the wrong field")])
    text = everything(database)
    assert maria.name in text
    for secret in (*secrets, "hunter2"):
        assert secret not in text


def test_a_session_ends_when_it_is_idle(people: SqlPeople, maria: User, clock: StandingClock) -> None:
    token = people.sessions.open(maria.id, "", "")
    almost = TIMES.idle.total_seconds() - 1
    for _ in range(3):
        clock.move(almost)
        assert people.sessions.find(token), "it was used"
    clock.move(almost)
    assert people.sessions.find(token, active=False), "a page that looks by itself is no person"
    clock.move(2)
    assert people.sessions.find(token) is None


def test_a_session_ends_at_last(people: SqlPeople, maria: User, clock: StandingClock) -> None:
    token = people.sessions.open(maria.id, "", "")
    passed, minutes = timedelta(), timedelta(minutes=20)
    while passed + minutes < TIMES.absolute:
        clock.move(minutes.total_seconds())
        passed += minutes
        assert people.sessions.find(token)
    clock.move(minutes.total_seconds())
    assert people.sessions.find(token) is None


def test_a_session_that_waits_for_a_code_is_short_and_gets_another_token(
    people: SqlPeople, maria: User, clock: StandingClock
) -> None:
    token = people.sessions.open(maria.id, "", "", waits_for_code=True)
    waiting = people.sessions.find(token)
    assert waiting is not None and waiting.waits_for_code
    renewed = people.sessions.renew(waiting.id)
    assert renewed is not None and people.sessions.find(token) is None
    clock.move(TIMES.code.total_seconds() + 1)
    found = people.sessions.find(renewed)
    assert found is not None and not found.waits_for_code
    late = people.sessions.open(maria.id, "", "", waits_for_code=True)
    clock.move(TIMES.code.total_seconds() + 1)
    assert people.sessions.find(late) is None


def test_sessions_are_listed_and_revoked(people: SqlPeople, maria: User) -> None:
    tokens = [people.sessions.open(maria.id, f"203.0.113.{number}", "") for number in range(3)]
    listed = people.sessions.of(maria.id)
    assert [each.address for each in listed] == ["203.0.113.2", "203.0.113.1", "203.0.113.0"]
    assert people.sessions.revoke(listed[1].id)
    assert not people.sessions.revoke(listed[1].id)
    assert people.sessions.find(tokens[1]) is None
    assert people.sessions.revoke_all(maria.id, but=listed[0].id) == 1
    assert people.sessions.find(tokens[2])
    assert people.sessions.renew(listed[1].id) is None


def test_other_roles_end_every_session(people: SqlPeople, maria: User) -> None:
    token = people.sessions.open(maria.id, "", "")
    people.users.change(maria.id, roles=AGENT, language="tr", full_name="Maria L.")
    assert people.sessions.find(token), "nothing of that gives or takes a right"
    people.users.change(maria.id, roles=AGENT | SUPERVISOR)
    assert people.sessions.find(token) is None


def test_what_has_expired_can_be_deleted(
    database: Database, people: SqlPeople, maria: User, clock: StandingClock
) -> None:
    people.sessions.open(maria.id, "", "")
    people.links.make(maria.id, LinkPurpose.RESET)
    people.limits.claim([Subject(TryKind.NAME, "maria")])
    upkeep = (EndedSessions(database, TIMES.idle), ExpiredLinks(database), OldTries(database))
    assert [part.forget(clock.now()) for part in upkeep] == [0, 0, 0]
    clock.move(timedelta(days=4).total_seconds())
    last = people.sessions.open(maria.id, "", "")
    assert [part.forget(clock.now()) for part in upkeep] == [1, 1, 1]
    assert people.sessions.find(last)


# --- limits ------------------------------------------------------------------------------------------------------


NAME, ADDRESS = Subject(TryKind.NAME, "maria"), Subject(TryKind.ADDRESS, "203.0.113.9")
NONE = timedelta()


def test_tries_for_a_name_cost_ever_more_time(people: SqlPeople, clock: StandingClock) -> None:
    waited: list[float] = []
    for _ in range(20):
        while (pause := people.limits.claim([NAME])) > NONE:
            waited.append(pause.total_seconds())
            clock.move(pause.total_seconds())
    longest = LONGEST_PAUSE.total_seconds()
    assert waited == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, *[longest] * 5]
    assert people.limits.claim([Subject(TryKind.NAME, "mario")]) == NONE


def test_what_is_refused_is_not_counted_for_others(people: SqlPeople, clock: StandingClock) -> None:
    for _ in range(5):
        people.limits.claim([NAME])
    for _ in range(100):
        assert people.limits.claim([NAME, ADDRESS]) == timedelta(seconds=1)
    assert people.limits.claim([ADDRESS]) == NONE


def test_an_address_has_more_tries_and_is_not_cleared_by_a_right_one(people: SqlPeople) -> None:
    for number in range(19):
        assert people.limits.claim([Subject(TryKind.NAME, f"name{number}"), ADDRESS]) == NONE
    people.limits.claim([NAME, ADDRESS])
    people.limits.give_back(cleared=[NAME], returned=[ADDRESS])
    assert people.limits.claim([NAME, ADDRESS]) == NONE
    assert people.limits.claim([NAME, ADDRESS]) > NONE, "whoever has a name of their own gets no tries by it"


def test_a_right_try_clears_a_name(people: SqlPeople) -> None:
    for _ in range(4):
        assert people.limits.claim([NAME]) == NONE
    people.limits.give_back(cleared=[NAME])
    for _ in range(4):
        assert people.limits.claim([NAME]) == NONE


def test_tries_are_forgotten_after_a_day(people: SqlPeople, clock: StandingClock) -> None:
    for _ in range(5):
        people.limits.claim([NAME])
    clock.move(timedelta(days=1, seconds=1).total_seconds())
    for _ in range(5):
        assert people.limits.claim([NAME]) == NONE


def test_many_tries_at_once_are_counted_one_by_one(people: SqlPeople) -> None:
    tries = [gevent.spawn(people.limits.claim, [NAME, ADDRESS]) for _ in range(12)]
    gevent.joinall(tries, timeout=30, raise_error=True)
    assert sum(each.value == NONE for each in tries) == 5


def test_the_pause_grows_from_a_second_to_its_limit() -> None:
    assert pause_after(4, TryKind.NAME) == NONE
    assert pause_after(5, TryKind.NAME) == timedelta(seconds=1)
    assert pause_after(10**9, TryKind.ADDRESS) == LONGEST_PAUSE


# --- the audit ---------------------------------------------------------------------------------------------------


def test_the_audit_is_asked_by_who_what_and_when(people: SqlPeople, clock: StandingClock) -> None:
    deed = ConsoleDeed("take_payment", "maria", AGENT | SUPERVISOR, "203.0.113.9", "call=uuid-1", "42.50 USD")
    people.audit.write(deed, "asked")
    clock.move(60)
    people.audit.write(deed, "done")
    people.audit.write(ConsoleDeed("sign_in", address="2001:db8::1"), "refused")
    done, asked = people.audit.entries(user="maria")
    assert (done.deed, done.result, asked.result) == (deed, "done", "asked")
    assert (done.at - asked.at, done.at) == (timedelta(seconds=60), clock.now())
    assert [each.result for each in people.audit.entries()] == ["refused", "done", "asked"]
    assert [each.result for each in people.audit.entries(subject="call=uuid-1", until=clock.now())] == ["asked"]
    assert [each.result for each in people.audit.entries(since=clock.now(), action="sign_in")] == ["refused"]
    assert [each.result for each in people.audit.entries(before=done.id)] == ["asked"]
    assert [each.result for each in people.audit.entries(limit=1)] == ["refused"]


def test_no_card_number_and_no_line_of_its_own_gets_into_the_audit(people: SqlPeople) -> None:
    uuid = "12345678-1234-4123-8123-123456789012"
    deed = ConsoleDeed(
        "note\r\nsign_in", "maria", AGENT, "x" * 100, f"call={uuid}", "4111 1111 1111 1111\nmaria\u2028" + "y" * 400
    )
    people.audit.write(deed, "4111111111111111")
    (entry,) = people.audit.entries()
    assert entry.deed.subject == f"call={uuid}"
    assert entry.deed.detail.startswith("[number] maria y")
    assert (entry.result, entry.deed.action) == ("[number]", "note  sign_in")
    assert len(entry.deed.detail) == 255


def test_where_the_audit_cannot_be_written_that_is_told(database: Database, people: SqlPeople) -> None:
    database.write(lambda connection: console_audit.drop(connection))
    try:
        with pytest.raises(StoreUnavailable):
            people.audit.write(ConsoleDeed("refund"), "asked")
    finally:
        database.write(lambda connection: console_audit.create(connection))


def test_every_process_signs_with_the_same_key(database: Database, clock: StandingClock) -> None:
    makers = [SqlPeople(database, clock, TIMES) for _ in range(4)]
    keys = [gevent.spawn(getattr, maker, "key") for maker in makers]
    gevent.joinall(keys, timeout=20, raise_error=True)
    assert len({each.value for each in keys}) == 1
    assert len(keys[0].value) == 32
