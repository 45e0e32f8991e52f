"""Passwords, codes of the second step, and one-time links, on SQLite and MariaDB."""

from __future__ import annotations

from datetime import timedelta

import gevent
import pyotp
import pytest

from fs_app.errors import WeakPassword
from fs_app.ports.people import LinkPurpose, NewUser, User
from fs_app.store.engine import Database
from fs_app.store.people import SqlPeople
from fs_app.testing.fakes_payments import StandingClock
from tests.peoplekit import ADMIN, AGENT, OTHER, PASSWORD, TIMES, everything

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
