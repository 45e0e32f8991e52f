"""The ports of people on SQLite and MariaDB: users, passwords, codes, links, sessions, limits, the audit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import gevent
import pyotp
import pytest
from sqlalchemy import Connection, select

from fs_app.domain.people import LONGEST_PAUSE, Role, SessionTimes, Subject, TryKind, pause_after
from fs_app.errors import LastAdmin, NameTaken, StoreUnavailable, WeakPassword
from fs_app.ports.people import ConsoleDeed, LinkPurpose, NewUser, User
from fs_app.store.engine import Database
from fs_app.store.people import SqlPeople
from fs_app.store.people_tables import console_audit, console_links, console_sessions, console_tries, console_users
from fs_app.store.people_upkeep import EndedSessions, ExpiredLinks, OldTries
from fs_app.testing.fakes_payments import StandingClock

AGENT, SUPERVISOR, ADMIN = (frozenset({role}) for role in (Role.AGENT, Role.SUPERVISOR, Role.ADMIN))
PASSWORD, OTHER = "nine green herons wade", "a lamp under seven stairs"
TIMES = SessionTimes()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def people(database: Database, clock: StandingClock) -> SqlPeople:
    return SqlPeople(database, clock, TIMES, key="a key that is long enough")


@pytest.fixture
def maria(people: SqlPeople) -> User:
    added = people.users.add(NewUser("maria", AGENT, "Maria Lopez", "maria@default", "es"))
    assert people.links.use(people.links.make(added.id, LinkPurpose.SETUP), PASSWORD)
    return people.users.get(added.id) or pytest.fail("she is gone")


def everything(database: Database) -> str:
    """What the database holds of the console, as text."""
    tables = (console_users, console_sessions, console_links, console_tries, console_audit)

    def work(connection: Connection) -> list[Any]:
        return [tuple(row) for table in tables for row in connection.execute(select(table))]

    return str(database.read(work))


# --- users -------------------------------------------------------------------------------------------------------


def test_somebody_is_found_by_name_by_agent_and_by_id(people: SqlPeople) -> None:
    added = people.users.add(NewUser("  Maria ", AGENT, "Maria Lopez", "maria@default", "es"))
    assert (added.name, added.roles, added.agent, added.language) == ("maria", AGENT, "maria@default", "es")
    assert (added.disabled, added.has_password, added.has_code) == (False, False, False)
    for found in (
        people.users.get(added.id),
        people.users.by_name("MARIA"),
        people.users.by_agent("maria@default"),
    ):
        assert found == added
    assert people.users.by_name("' OR 1=1 --") is None
    assert people.users.by_name("mari") is None


@pytest.mark.parametrize("name", ["", "maria lopez", "-maria", "maria\n", "mária", "a" * 65, "a;b", "../a", "%s"])
def test_a_login_name_has_a_strict_pattern(people: SqlPeople, name: str) -> None:
    if name == "maria\n":  # blanks around a name are nobody's
        assert people.users.add(NewUser(name, AGENT)).name == "maria"
        return
    with pytest.raises(ValueError, match="login name"):
        people.users.add(NewUser(name, AGENT))


@pytest.mark.parametrize("agent", ["maria", "maria@", "maria@default\n", "a b@default", "maria@default@x", "m|x@y"])
def test_what_may_reach_the_switch_has_a_strict_pattern(people: SqlPeople, agent: str) -> None:
    with pytest.raises(ValueError, match="mod_callcenter"):
        people.users.add(NewUser("maria", AGENT, agent=agent))
    added = people.users.add(NewUser("maria", AGENT))
    with pytest.raises(ValueError, match="mod_callcenter"):
        people.users.change(added.id, agent=agent)
    with pytest.raises(ValueError, match="role"):
        people.users.change(added.id, roles=frozenset())
    with pytest.raises(ValueError, match="language"):
        people.users.change(added.id, language="en; drop table")


def test_a_name_and_an_agent_are_one_persons(people: SqlPeople) -> None:
    people.users.add(NewUser("maria", AGENT, agent="maria@default"))
    with pytest.raises(NameTaken, match="called maria"):
        people.users.add(NewUser("Maria", ADMIN))
    with pytest.raises(NameTaken, match="maria@default"):
        people.users.add(NewUser("mary", AGENT, agent="maria@default"))
    mary = people.users.add(NewUser("mary", AGENT))
    with pytest.raises(NameTaken, match="maria@default"):
        people.users.change(mary.id, agent="maria@default")
    assert [each.name for each in people.users.all()] == ["maria", "mary"]


def test_the_first_admin_is_added_once(people: SqlPeople) -> None:
    people.users.add(NewUser("maria", AGENT))
    first = people.users.add_first_admin(NewUser("ada", frozenset()))
    assert first is not None and first.roles == ADMIN
    assert people.users.add_first_admin(NewUser("eve", frozenset())) is None
    assert people.users.by_name("eve") is None


def test_of_two_first_admins_at_once_one_is_added(people: SqlPeople) -> None:
    tries = [gevent.spawn(people.users.add_first_admin, NewUser(name, frozenset())) for name in ("ada", "eve")]
    gevent.joinall(tries, timeout=20, raise_error=True)
    assert sum(each.value is not None for each in tries) == 1
    assert len(people.users.all()) == 1


def test_the_last_admin_stays_one(people: SqlPeople) -> None:
    ada = people.users.add(NewUser("ada", ADMIN))
    eve = people.users.add(NewUser("eve", ADMIN | AGENT))
    people.users.disable(eve.id)
    with pytest.raises(LastAdmin):
        people.users.disable(ada.id)
    with pytest.raises(LastAdmin):
        people.users.change(ada.id, roles=AGENT)
    people.users.enable(eve.id)
    people.users.disable(ada.id)
    assert people.users.change(eve.id, roles=ADMIN).roles == ADMIN
    with pytest.raises(LastAdmin):
        people.users.change(eve.id, roles=SUPERVISOR)


def test_two_admins_cannot_disable_each_other(people: SqlPeople) -> None:
    both = [people.users.add(NewUser(name, ADMIN)) for name in ("ada", "eve")]
    tries = [gevent.spawn(people.users.disable, each.id) for each in both]
    gevent.joinall(tries, timeout=20)
    assert sum(isinstance(each.exception, LastAdmin) for each in tries) == 1
    assert sum(each.disabled for each in people.users.all()) == 1


# --- passwords ---------------------------------------------------------------------------------------------------


def test_only_the_right_password_of_a_name_is_right(people: SqlPeople, maria: User) -> None:
    assert people.passwords.check("Maria", PASSWORD) == maria
    for name, password in (
        ("maria", OTHER),
        ("maria", ""),
        ("nobody", PASSWORD),
        ("", ""),
        ("maria' --", PASSWORD),
    ):
        assert people.passwords.check(name, password) is None
    assert people.passwords.fits(maria.id, PASSWORD)
    people.passwords.change(maria.id, (longest := f"{OTHER} {PASSWORD} " + "lamp 7 heron " * 9)[:128])
    assert people.passwords.fits(maria.id, longest[:128])
    assert not people.passwords.fits(maria.id, longest), "nothing of it is left out"
    people.passwords.change(maria.id, PASSWORD)
    assert not people.passwords.fits(maria.id, PASSWORD.upper())


def test_nobody_has_no_password(people: SqlPeople) -> None:
    people.users.add(NewUser("new", AGENT))
    assert people.passwords.check("new", "") is None
    assert people.passwords.check("new", "None") is None


def test_who_is_disabled_has_no_password_and_no_session_and_no_link(people: SqlPeople, maria: User) -> None:
    token, link = people.sessions.open(maria.id, "", ""), people.links.make(maria.id, LinkPurpose.RESET)
    people.users.disable(maria.id)
    assert people.passwords.check("maria", PASSWORD) is None
    assert people.sessions.find(token) is None
    assert people.links.owner(link) is None
    assert people.links.use(people.links.make(maria.id, LinkPurpose.RESET), OTHER) is None
    people.users.enable(maria.id)
    assert people.passwords.check("maria", PASSWORD) is not None
    assert people.sessions.find(token) is None, "it was ended for good"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("eleven char", "short"),
        ("a" * 129, "long"),
        ("passwordpassword", "guessable"),
        ("123456789012", "guessable"),
        ("qwertyuiop[]", "guessable"),
        ("maria lopez maria", "guessable"),
        ("mariamariamaria", "guessable"),
        ("Lopez,Maria:2026", "guessable"),
        ("aaaaaaaaaaaaaaaaaaaa", "guessable"),
    ],
)
def test_a_weak_password_is_not_taken(people: SqlPeople, maria: User, password: str, reason: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        people.passwords.change(maria.id, password)
    assert refused.value.reason == reason
    assert password not in str(refused.value)
    assert people.passwords.check("maria", PASSWORD)


def test_a_password_is_the_same_however_it_is_composed(people: SqlPeople, maria: User) -> None:
    people.passwords.change(maria.id, "une fe\u0301e d'Alsace la\u0300")
    assert people.passwords.check("maria", "une f\u00e9e d'Alsace l\u00e0")


def test_another_password_ends_every_session_and_link(people: SqlPeople, maria: User) -> None:
    token, link = people.sessions.open(maria.id, "", ""), people.links.make(maria.id, LinkPurpose.RESET)
    people.passwords.change(maria.id, OTHER)
    assert people.passwords.check("maria", PASSWORD) is None
    assert people.passwords.check("maria", OTHER)
    assert people.sessions.find(token) is None
    assert people.links.owner(link) is None


# --- codes -------------------------------------------------------------------------------------------------------


def code_at(secret: str, clock: StandingClock, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30 * steps))


def test_a_code_counts_from_its_confirmation_on(people: SqlPeople, maria: User, clock: StandingClock) -> None:
    secret = people.passwords.begin_code(maria.id).secret
    assert not people.passwords.check_code(maria.id, code_at(secret, clock)), "it is not confirmed"
    assert not people.passwords.confirm_code(maria.id, "000000")
    assert not (people.users.get(maria.id) or maria).has_code
    assert people.passwords.confirm_code(maria.id, code_at(secret, clock))
    assert (people.users.get(maria.id) or maria).has_code
    with pytest.raises(ValueError, match="confirmed"):
        people.passwords.begin_code(maria.id)


def test_no_code_is_taken_twice(people: SqlPeople, maria: User, clock: StandingClock) -> None:
    secret = people.passwords.begin_code(maria.id).secret
    first = code_at(secret, clock)
    assert people.passwords.confirm_code(maria.id, first)
    assert not people.passwords.check_code(maria.id, first), "the one that confirmed it is used up"
    clock.move(30)
    second = code_at(secret, clock)
    assert people.passwords.check_code(maria.id, second)
    assert not people.passwords.check_code(maria.id, second)
    assert not people.passwords.check_code(maria.id, first), "nor an older one, which is still within its time"


def test_of_two_uses_of_a_code_at_once_one_counts(people: SqlPeople, maria: User, clock: StandingClock) -> None:
    secret = people.passwords.begin_code(maria.id).secret
    people.passwords.confirm_code(maria.id, code_at(secret, clock))
    clock.move(60)
    code = code_at(secret, clock)
    tries = [gevent.spawn(people.passwords.check_code, maria.id, code) for _ in range(5)]
    gevent.joinall(tries, timeout=20, raise_error=True)
    assert sum(each.value for each in tries) == 1


def test_a_code_is_right_for_half_a_minute_around(people: SqlPeople, maria: User, clock: StandingClock) -> None:
    secret = people.passwords.begin_code(maria.id).secret
    people.passwords.confirm_code(maria.id, code_at(secret, clock))
    clock.move(300)
    for steps in (-2, 2):
        assert not people.passwords.check_code(maria.id, code_at(secret, clock, steps))
    for steps in (-1, 0, 1):
        assert people.passwords.check_code(maria.id, code_at(secret, clock, steps)), steps
    for wrong in ("", "abc", "12345", "1234567", "١٢٣٤٥٦", code_at(secret, clock) + " "):
        assert not people.passwords.check_code(maria.id, wrong)


def test_a_code_that_was_forgotten_is_asked_for_no_more(
    people: SqlPeople, maria: User, clock: StandingClock
) -> None:
    secret = people.passwords.begin_code(maria.id).secret
    people.passwords.confirm_code(maria.id, code_at(secret, clock))
    people.passwords.forget_code(maria.id)
    clock.move(30)
    assert not people.passwords.check_code(maria.id, code_at(secret, clock))
    assert people.passwords.begin_code(maria.id).secret != secret


def test_secrets_of_codes_are_sealed(
    database: Database, people: SqlPeople, maria: User, clock: StandingClock
) -> None:
    secret = people.passwords.begin_code(maria.id).secret
    assert secret not in everything(database)
    other_key = SqlPeople(database, clock, TIMES, key="another key that is long enough")
    assert not other_key.passwords.confirm_code(maria.id, code_at(secret, clock))
    no_key = SqlPeople(database, clock, TIMES)
    assert not no_key.passwords.confirm_code(maria.id, code_at(secret, clock))
    assert people.passwords.confirm_code(maria.id, code_at(secret, clock))


def test_without_a_key_they_are_kept_as_they_are(database: Database, clock: StandingClock) -> None:
    people = SqlPeople(database, clock, TIMES)
    ada = people.users.add(NewUser("ada", ADMIN))
    secret = people.passwords.begin_code(ada.id).secret
    assert secret in everything(database)
    with_key = SqlPeople(database, clock, TIMES, key="a key that came later, and is long enough")
    assert with_key.passwords.confirm_code(ada.id, code_at(secret, clock))


# --- one-time links ----------------------------------------------------------------------------------------------


def test_a_link_sets_a_password_once(people: SqlPeople, maria: User) -> None:
    token = people.links.make(maria.id, LinkPurpose.RESET)
    assert people.links.owner(token) == maria
    assert people.links.use(token, OTHER) == maria
    assert people.links.use(token, PASSWORD) is None
    assert people.links.owner(token) is None
    assert people.passwords.check("maria", OTHER)


def test_of_two_uses_of_a_link_at_once_one_counts(people: SqlPeople, maria: User) -> None:
    token = people.links.make(maria.id, LinkPurpose.RESET)
    tries = [gevent.spawn(people.links.use, token, f"{OTHER} {number}") for number in range(4)]
    gevent.joinall(tries, timeout=30, raise_error=True)
    assert sum(each.value is not None for each in tries) == 1


def test_a_link_expires(people: SqlPeople, maria: User, clock: StandingClock) -> None:
    reset = people.links.make(maria.id, LinkPurpose.RESET)
    clock.move(TIMES.reset_link.total_seconds() + 1)
    assert people.links.use(reset, OTHER) is None
    setup = people.links.make(maria.id, LinkPurpose.SETUP)
    clock.move(TIMES.setup_link.total_seconds() - 1)
    assert people.links.owner(setup)
    clock.move(2)
    assert people.links.owner(setup) is None


def test_a_new_link_ends_the_one_before_and_a_weak_password_does_not_use_it_up(
    people: SqlPeople, maria: User
) -> None:
    first, second = (people.links.make(maria.id, LinkPurpose.RESET) for _ in range(2))
    assert people.links.owner(first) is None
    with pytest.raises(WeakPassword):
        people.links.use(second, "short")
    assert people.links.use(second, OTHER)


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
