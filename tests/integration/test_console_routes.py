"""Every route of the console and who opens it, as it was decided: whoever changes a page changes it here, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fs_app.console.access import ROUTES
from fs_app.domain.people import Role
from tests.console_site import ConsoleSite, routes

AGENT, SUPERVISOR, FINANCE, ADMIN = ({role} for role in (Role.AGENT, Role.SUPERVISOR, Role.FINANCE, Role.ADMIN))
EVERYBODY = set(Role)
READ, DO = "GET", "POST"

DECIDED = {
    ("home.start", READ): EVERYBODY,
    ("door.sign_out", DO): EVERYBODY,
    ("account.show", READ): EVERYBODY,
    ("account.awake", READ): EVERYBODY,
    ("account.password", DO): EVERYBODY,
    ("account.begin_code", DO): EVERYBODY,
    ("account.confirm_code", DO): EVERYBODY,
    ("account.forget_code", DO): EVERYBODY,
    ("account.end_session", DO): EVERYBODY,
    ("account.language", DO): EVERYBODY,
    ("agent.home", READ): AGENT,
    ("agent.call", READ): AGENT,
    ("agent.by_reference", READ): AGENT,
    ("agent.feed", READ): AGENT,
    ("agent.status", DO): AGENT,
    ("agent.message_seen", DO): AGENT,
    ("agent.claim", DO): AGENT,
    ("agent.order", DO): AGENT,
    ("agent.withdraw", DO): AGENT,
    ("agent.account", DO): AGENT,
    ("agent.note", DO): AGENT,
    ("agent.link", DO): AGENT,
    ("agent.take", DO): AGENT,
    ("agent.leave", DO): AGENT,
    ("agent.close", DO): AGENT,
    ("floor.home", READ): SUPERVISOR,
    ("floor.feed", READ): SUPERVISOR,
    ("floor.message", DO): SUPERVISOR,
    ("floor.listen", DO): SUPERVISOR,
    ("finance.payments", READ): FINANCE,
    ("finance.payment", READ): FINANCE,
    ("finance.refund", DO): FINANCE,
    ("finance.void", DO): FINANCE,
    ("admin.people", READ): ADMIN,
    ("admin.person", READ): ADMIN,
    ("admin.add", DO): ADMIN,
    ("admin.change", DO): ADMIN,
    ("admin.disable", DO): ADMIN,
    ("admin.enable", DO): ADMIN,
    ("admin.link", DO): ADMIN,
    ("admin.forget_code", DO): ADMIN,
    ("admin.end_session", DO): ADMIN,
    ("admin.audit_log", READ): ADMIN,
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[set[tuple[str, str]]]:
    """Every page for who is signed in, with its method."""
    site = ConsoleSite(tmp_path)
    yield {(endpoint, method) for endpoint, method, _ in routes(site) if endpoint in ROUTES}
    site.close()


def test_who_opens_what_is_what_was_decided(served: set[tuple[str, str]]) -> None:
    assert {each: set(ROUTES[each[0]].roles) for each in served} == DECIDED


def test_what_changes_something_is_in_the_audit_and_what_is_read_changes_nothing(
    served: set[tuple[str, str]],
) -> None:
    assert {each for each in served if ROUTES[each[0]].action} == {each for each in DECIDED if each[1] == DO}
