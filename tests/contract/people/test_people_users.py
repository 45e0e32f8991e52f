"""Who works with the console, on SQLite and MariaDB."""

from __future__ import annotations

import gevent
import pytest

from fs_app.errors import LastAdmin, NameTaken
from fs_app.ports.people import NewUser, User
from fs_app.store.people import SqlPeople
from tests.peoplekit import ADMIN, AGENT, SUPERVISOR


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


def test_an_account_of_a_provider_is_one_persons_and_theirs_alone(people: SqlPeople, maria: User) -> None:
    eve = people.users.add(NewUser("eve", AGENT))
    assert people.users.by_account("a" * 64) is None and not maria.bound
    assert people.users.bind(maria.id, "a" * 64)
    assert not people.users.bind(maria.id, "b" * 64), "she has one"
    assert not people.users.bind(eve.id, "a" * 64), "it is hers"
    found = people.users.by_account("a" * 64)
    assert found is not None and (found.id, found.bound) == (maria.id, True)
    people.users.unbind(maria.id)
    assert people.users.by_account("a" * 64) is None
    assert people.users.bind(eve.id, "a" * 64)


def test_of_two_who_come_by_an_account_at_once_one_is_bound(people: SqlPeople, maria: User) -> None:
    eve = people.users.add(NewUser("eve", AGENT))
    tried = [gevent.spawn(people.users.bind, each.id, "a" * 64) for each in (maria, eve)]
    assert sorted(each.get() for each in tried) == [False, True]


def test_nobody_signs_in_as_somebody_elses_agent(people: SqlPeople, maria: User) -> None:
    """Calls are theirs who have the agent's name, or that login name: who may choose a name at a provider, say,
    would have Maria's."""
    with pytest.raises(NameTaken):
        people.users.add(NewUser("maria@default", AGENT))
    eve = people.users.add(NewUser("eve@default", AGENT))
    with pytest.raises(NameTaken):
        people.users.add(NewUser("omar", AGENT, agent="eve@default"))
    with pytest.raises(NameTaken):
        people.users.change(maria.id, agent="eve@default")
    assert people.users.change(eve.id, agent="eve@default").agent == "eve@default", "one's own is"
    assert people.users.change(eve.id, full_name="Eve").full_name == "Eve"
    assert people.users.change(eve.id, agent="").agent is None


def test_a_name_is_shown_as_it_is_written(people: SqlPeople, maria: User) -> None:
    added = people.users.add(NewUser("eve", AGENT, " Eve\u202e\x1b[31m\n "))
    assert added.full_name == "Eve[31m"
    assert people.users.change(maria.id, full_name="هالة\u2066 X").full_name == "هالة X"
