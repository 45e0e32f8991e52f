"""The ports of people on a database of each kind, at a time that stands, and Maria, who works there."""

from __future__ import annotations

import pytest

from fs_app.ports.people import LinkPurpose, NewUser, User
from fs_app.store.engine import Database
from fs_app.store.people import SqlPeople
from fs_app.testing.fakes_payments import StandingClock
from tests.peoplekit import AGENT, PASSWORD, TIMES


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
