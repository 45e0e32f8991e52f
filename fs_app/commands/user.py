"""``fs-app user``: who works with the console. What is done here is in the console's audit, as what admins do.

Exit codes: 0 done, 1 refused.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fs_app.app.parts import Parts
from fs_app.commands.context import Context
from fs_app.domain.people import Role
from fs_app.errors import FsAppError
from fs_app.ports.people import ConsoleDeed, LinkPurpose, NewUser, People, User

# What goes into a pipe or a file is not cut to the width of a screen.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)

_Command = Callable[..., Any]
_operator = click.option("--operator", default=getpass.getuser, show_default="login name", help="Who does it.")
_full_name = click.option("--full-name", default="", help="What pages call them.")
_language = click.option("--language", default="en", show_default=True, help="Of the pages.")


def _roles(command: _Command) -> _Command:
    choice = click.Choice([role.value for role in Role])
    return click.option("--role", "roles", multiple=True, required=True, type=choice, help="Once for each.")(
        command
    )


@click.group()
def user() -> None:
    """People who work with the console."""


@user.command()
@click.argument("name")
@_roles
@click.option("--agent", help="Their name in mod_callcenter, e.g. maria@default.")
@_full_name
@_language
@_operator
@click.pass_obj
def add(
    obj: Context, name: str, roles: tuple[str, ...], agent: str | None, full_name: str, language: str, operator: str
) -> None:
    """Add NAME, and print a one-time link with which they set their password."""
    new = NewUser(name, frozenset(map(Role, roles)), full_name, agent, language)
    with _people(obj) as people, _written(people, operator, "add_user", name, " ".join(sorted(roles))):
        added = people.users.add(new)
        _print_link(obj, people, added, LinkPurpose.SETUP)


@user.command("first-admin")
@click.argument("name", default="admin")
@_full_name
@_language
@_operator
@click.pass_obj
def first_admin(obj: Context, name: str, full_name: str, language: str, operator: str) -> None:
    """Add the first admin, and print a one-time link with which they set their password. For installing: refused
    where there is an admin."""
    with _people(obj) as people, _written(people, operator, "add_user", name, "the first admin"):
        added = people.users.add_first_admin(NewUser(name, frozenset({Role.ADMIN}), full_name, None, language))
        if added is None:
            raise FsAppError("there is an admin already: `fs-app user list`; `fs-app user reset` prints a new link")
        _print_link(obj, people, added, LinkPurpose.SETUP)


@user.command("list")
@click.pass_obj
def list_users(obj: Context) -> None:
    """List everybody."""
    columns = ("name", "roles", "agent", "language", "password", "second step", "sessions", "")
    table = Table(*columns)
    with _people(obj) as people:
        for each in people.users.all():
            state = "disabled" if each.disabled else ""
            signed_in = str(len(people.sessions.of(each.id)) or "")
            proofs = ("set" if each.has_password else "not set", "on" if each.has_code else "")
            cells = (each.name, " ".join(sorted(each.roles)), each.agent or "", each.language)
            table.add_row(*cells, *proofs, signed_in, state)
    console.print(table)


@user.command()
@click.argument("name")
@_operator
@click.pass_obj
def disable(obj: Context, name: str, operator: str) -> None:
    """Keep NAME out, and end their sessions and links."""
    with _people(obj) as people, _written(people, operator, "disable_user", name):
        people.users.disable(_found(people, name).id)
    console.print(f"{name} cannot sign in any more", markup=False)


@user.command()
@click.argument("name")
@_operator
@click.pass_obj
def enable(obj: Context, name: str, operator: str) -> None:
    """Let NAME in again, with the password they had."""
    with _people(obj) as people, _written(people, operator, "enable_user", name):
        people.users.enable(_found(people, name).id)
    console.print(f"{name} can sign in again", markup=False)


@user.command()
@click.argument("name")
@click.option("--forget-code", is_flag=True, help="Also end the second step: the telephone is lost.")
@_operator
@click.pass_obj
def reset(obj: Context, name: str, forget_code: bool, operator: str) -> None:
    """Print a one-time link with which NAME sets another password. Until it is used, the old one counts."""
    detail = "second step forgotten" if forget_code else ""
    with _people(obj) as people, _written(people, operator, "make_link", name, detail):
        found = _found(people, name)
        if found.disabled:
            raise FsAppError(f"{name} is disabled: `fs-app user enable {found.name}` first")
        if forget_code:
            people.passwords.forget_code(found.id)
        _print_link(obj, people, found, LinkPurpose.RESET if found.has_password else LinkPurpose.SETUP)


@user.command("forget-account")
@click.argument("name")
@_operator
@click.pass_obj
def forget_account(obj: Context, name: str, operator: str) -> None:
    """Have no account at the OpenID provider be NAME's: the next one that comes with this name becomes it."""
    with _people(obj) as people, _written(people, operator, "forget_account", name):
        people.users.unbind(_found(people, name).id)
    console.print(f"the next account of the provider that is called {name} is theirs", markup=False)


@user.command()
@click.argument("name")
@_roles
@_operator
@click.pass_obj
def roles(obj: Context, name: str, roles: tuple[str, ...], operator: str) -> None:
    """Give NAME these roles and no others. Their sessions end."""
    wanted = " ".join(sorted(roles))
    with _people(obj) as people, _written(people, operator, "change_user", name, wanted):
        people.users.change(_found(people, name).id, roles=frozenset(map(Role, roles)))
    console.print(f"{name} is {wanted} from the next sign-in on", markup=False)


@user.command()
@click.argument("name")
@click.option("--end", is_flag=True, help="End them all.")
@_operator
@click.pass_obj
def sessions(obj: Context, name: str, end: bool, operator: str) -> None:
    """List where NAME is signed in."""
    table = Table("signed in", "last seen", "until", "address", "browser")
    with _people(obj) as people:
        found = _found(people, name)
        for each in people.sessions.of(found.id):
            times = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (each.opened_at, each.seen_at, each.expires_at))
            table.add_row(*times, escape(each.address), escape(each.browser))
        console.print(table)
        if end:
            with _written(people, operator, "end_session", name, "all"):
                count = people.sessions.revoke_all(found.id)
            console.print(f"{count} ended", markup=False)


@contextmanager
def _people(obj: Context) -> Iterator[People]:
    """The people, and words for what they refuse."""
    parts = Parts(obj.settings)
    try:
        yield parts.people
    except ValueError as error:
        raise FsAppError(str(error)) from None
    finally:
        parts.close()


@contextmanager
def _written(people: People, operator: str, action: str, name: str, detail: str = "") -> Iterator[None]:
    """In the audit before it is done, and with what came of it."""
    deed = ConsoleDeed(action, operator, address="command line", subject=f"user {name}", detail=detail)
    people.audit.write(deed, "asked")
    try:
        yield
    except (FsAppError, ValueError) as error:
        people.audit.write(deed, f"refused: {type(error).__name__}")
        raise
    people.audit.write(deed, "done")


def _found(people: People, name: str) -> User:
    found = people.users.by_name(name)
    if found is None:
        raise FsAppError(f"nobody is called {name}")
    return found


def _print_link(obj: Context, people: People, owner: User, purpose: LinkPurpose) -> None:
    """To standard output and nowhere else: whoever has it sets the password."""
    times = obj.settings.console.times()
    lasts = times.setup_link if purpose is LinkPurpose.SETUP else times.reset_link
    token = people.links.make(owner.id, purpose)
    hours = int(lasts.total_seconds() // 3600)
    click.echo(f"{owner.name} sets a password here, once, within {hours} hours:", err=True)
    click.echo(f"{obj.settings.console.url}/link/{token}")
