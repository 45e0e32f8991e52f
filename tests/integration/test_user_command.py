"""``fs-app user``: people are added, reset and kept out from the command line, and all of it is in the audit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from fs_app.cli import main
from fs_app.domain.people import Role
from tests.console_site import OTHER_PASSWORD, PASSWORD, ROOT, URL, ConsoleSite

LINK = re.compile(rf"^{re.escape(URL)}(/link/[A-Za-z0-9_-]{{43}})$", re.MULTILINE)


class Machine:
    """The command line and the console of one site."""

    def __init__(self, folder: Path) -> None:
        self.console = ConsoleSite(folder)
        self._config = folder / "site.yaml"
        settings = {
            "database": {"url": f"sqlite:///{folder}/console.sqlite"},
            "messages": {"templates": str(ROOT / "conf/messages.yaml")},
            "flows": str(ROOT / "conf/flows"),
            "sounds": str(ROOT / "sounds"),
            "console": {"public_url": URL, "key": "a key that is long enough"},
        }
        self._config.write_text(yaml.safe_dump(settings))

    def fs_app(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["--config", str(self._config), "user", *words], env={"COLUMNS": "200"})

    def sets_password(self, printed: Result, password: str = PASSWORD) -> str:
        """The link that was printed, used."""
        found = LINK.search(printed.stdout)
        assert printed.exit_code == 0 and found is not None, printed.output
        browser = self.console.browser()
        answer = browser.post(found[1], {"password": password, "again": password})
        assert answer.status_code == 303, answer.text
        return found[1]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    made = Machine(tmp_path)
    # the command line and the console are at the same time: the one that stands
    monkeypatch.setattr("fs_app.app.parts.SystemClock", lambda _: made.console.clock)
    yield made
    made.console.close()


def test_the_first_admin_is_made_once_and_signs_in_by_the_link(machine: Machine) -> None:
    link = machine.sets_password(machine.fs_app("first-admin"))
    browser = machine.console.browser()
    assert browser.sign_in("admin").status_code == 303
    assert machine.console.people.users.by_name("admin").roles == {Role.ADMIN}
    again = machine.fs_app("first-admin", "eve")
    assert (again.exit_code, "there is an admin already" in again.output) == (1, True)
    assert machine.console.people.users.by_name("eve") is None
    assert machine.console.browser().get(link).status_code == 410


def test_somebody_is_added_with_roles_an_agent_and_a_language(machine: Machine) -> None:
    words = (
        "add",
        "Maria",
        "--role",
        "agent",
        "--role",
        "supervisor",
        "--agent",
        "maria@default",
        "--language",
        "es",
    )
    machine.sets_password(machine.fs_app(*words, "--full-name", "Maria Lopez"))
    maria = machine.console.people.users.by_name("maria")
    assert (maria.roles, maria.agent, maria.language) == ({Role.AGENT, Role.SUPERVISOR}, "maria@default", "es")
    assert maria.full_name == "Maria Lopez"
    browser = machine.console.browser()
    browser.sign_in("maria")
    listed = machine.fs_app("list").output
    assert re.search(r"maria .* agent supervisor .* maria@default .* es .* set .* 1 ", listed)
    shown = machine.fs_app("sessions", "maria").output
    assert "203.0.113.9" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "maria"), "Missing option '--role'"),
        (("add", "maria", "--role", "boss"), "'boss' is not one of"),
        (("add", "no name", "--role", "agent"), "a login name has"),
        (("add", "maria", "--role", "agent", "--agent", "maria"), "mod_callcenter"),
        (("add", "maria", "--role", "agent", "--language", "english"), "a language is"),
        (("add", "ADA", "--role", "agent"), "somebody is called ada already"),
        (("reset", "nobody"), "nobody is called nobody"),
        (("roles", "ada", "--role", "agent"), "nobody else is an admin"),
        (("disable", "ada"), "nobody else is an admin"),
        (("disable", "nobody"), "nobody is called nobody"),
        (("sessions", "' OR 1=1"), "nobody is called"),
    ],
)
def test_what_cannot_be_done_is_told_and_not_done(machine: Machine, words: tuple[str, ...], said: str) -> None:
    machine.console.add("ada", Role.ADMIN)
    done = machine.fs_app(*words)
    assert done.exit_code in (1, 2)
    assert said in done.output, done.output
    assert "Traceback" not in done.output
    assert [each.name for each in machine.console.people.users.all()] == ["ada"]
    assert machine.console.people.users.by_name("ada").roles == {Role.ADMIN}


def test_a_reset_lets_the_old_password_count_until_it_is_used(machine: Machine) -> None:
    machine.console.with_code("ada", Role.ADMIN)
    printed = machine.fs_app("reset", "ada")
    assert machine.console.browser().sign_in("ada").status_code == 303
    machine.sets_password(printed, OTHER_PASSWORD)
    assert machine.console.browser().sign_in("ada").status_code == 401
    asked = machine.console.browser().sign_in("ada", OTHER_PASSWORD)
    assert asked.headers["Location"].startswith("/sign-in/code")
    machine.sets_password(machine.fs_app("reset", "ada", "--forget-code"), PASSWORD)
    assert machine.console.browser().sign_in("ada").headers["Location"] == "/"


def test_who_is_disabled_is_out_at_once_and_gets_no_link(machine: Machine) -> None:
    browser = machine.console.signed_in("maria", Role.AGENT)
    assert machine.fs_app("disable", "maria").exit_code == 0
    assert browser.get("/account").status_code == 302
    refused = machine.fs_app("reset", "maria")
    assert (refused.exit_code, "fs-app user enable maria" in refused.output) == (1, True)
    assert machine.fs_app("enable", "maria").exit_code == 0
    assert browser.sign_in("maria").status_code == 303


def test_roles_and_sessions_from_the_command_line(machine: Machine) -> None:
    browser = machine.console.signed_in("maria", Role.AGENT)
    assert machine.fs_app("roles", "maria", "--role", "finance").exit_code == 0
    assert browser.get("/account").status_code == 302
    browser.sign_in("maria")
    ended = machine.fs_app("sessions", "maria", "--end")
    assert "1 ended" in ended.output
    assert browser.get("/account").status_code == 302


def test_each_command_is_in_the_audit_by_who_ran_it(machine: Machine) -> None:
    printed = machine.fs_app("add", "maria", "--role", "agent")
    machine.fs_app("roles", "maria", "--role", "admin", "--operator", "ada")
    machine.fs_app("disable", "maria")
    entries = machine.console.entries()
    assert [(each.deed.user, each.deed.action, each.result) for each in entries] == [
        ("root", "add_user", "asked"), ("root", "add_user", "done"),
        ("ada", "change_user", "asked"), ("ada", "change_user", "done"),
        ("root", "disable_user", "asked"), ("root", "disable_user", "refused: LastAdmin"),
    ]  # fmt: skip
    assert {(each.deed.subject, each.deed.address) for each in entries} == {("user maria", "command line")}
    link = LINK.search(printed.stdout)
    assert link is not None
    assert link[1] not in str(entries)


def test_what_a_browser_calls_itself_reaches_no_terminal_as_an_order(machine: Machine) -> None:
    """Escapes of a terminal, and marks that the printer of tables would take for its own."""
    user = machine.console.add("maria", Role.AGENT)
    machine.console.people.sessions.open(user.id, "192.0.2.1\x1b]0;x\x07", "[/bold] \x1b[2J[red]mine\x9b1m\u202e")
    printed = machine.fs_app("sessions", "maria")
    assert printed.exit_code == 0, printed.output
    assert "[/bold] [2J[red]mine1m" in printed.output
    assert not set("\x1b\x9b\x07\u202e") & set(printed.output)
