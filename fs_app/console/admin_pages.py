"""Admins: who works here and as what, their links and sessions, and what everybody did.

A link that sets a password is shown once, to the admin who made it, and is in no log and no audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from fs_app.console.access import RIGHTS, Right, Role, audit, current_session, current_user, page
from fs_app.console.forms import Answer, answered, day, done, field, number, refused, wants_json
from fs_app.console.parts import ConsoleParts
from fs_app.console.speech import current_words
from fs_app.domain.people import agent_name, login_name
from fs_app.errors import LastAdmin, NameTaken
from fs_app.ports.people import ConsoleEntry, LinkPurpose, NewUser, SessionId, User, UserId

ADMINS = RIGHTS[Right.MANAGE_PEOPLE]
_PAGE = 100


def admin_pages(parts: ConsoleParts) -> Blueprint:
    """The blueprint."""
    pages = Blueprint("admin", __name__)
    views = AdminPages(parts)
    one, post = "/people/<int:user_id>", ("POST",)
    page(pages, "/people", roles=ADMINS)(views.people)
    page(pages, "/people", roles=ADMINS, methods=post, action="add_user")(views.add)
    page(pages, one, roles=ADMINS)(views.person)
    page(pages, one, roles=ADMINS, methods=post, action="change_user")(views.change)
    page(pages, f"{one}/disable", roles=ADMINS, methods=post, action="disable_user")(views.disable)
    page(pages, f"{one}/enable", roles=ADMINS, methods=post, action="enable_user")(views.enable)
    page(pages, f"{one}/link", roles=ADMINS, methods=post, action="make_link")(views.link)
    page(pages, f"{one}/code/forget", roles=ADMINS, methods=post, action="forget_code")(views.forget_code)
    page(pages, f"{one}/sessions/<int:number>/end", roles=ADMINS, methods=post, action="end_session")(
        views.end_session
    )
    page(pages, "/audit", roles=RIGHTS[Right.READ_AUDIT])(views.audit_log)
    return pages


class AdminPages:
    """The views."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts
        self._people = parts.people

    def people(self) -> str:
        """Everybody."""
        return self._everybody({}, None)

    def add(self) -> Response:
        """Somebody new; the link that sets their password is shown once."""
        name, agent = login_name(field("name", 64)), field("agent", 129)
        audit(subject=f"user {name or ''}")
        problem = _problem(name, agent)
        if problem is not None:
            return self._not_added(problem)
        assert name is not None
        new = NewUser(name, _roles(), field("full_name", 128), agent or None, current_words().language)
        try:
            user = self._people.users.add(new)
        except NameTaken:
            return self._not_added(refused("people.name_taken", "name", status=409))
        audit(detail=" ".join(sorted(user.roles)))
        return self._with_link(user, LinkPurpose.SETUP)

    def person(self, user_id: int) -> str:
        """One of them, and where they are signed in."""
        return self._page(self._user(user_id))

    def change(self, user_id: int) -> Response:
        """Other roles, another name in the queues, another full name. Other roles end every session of theirs."""
        user, agent, roles = self._user(user_id), field("agent", 129), _roles()
        back = url_for("admin.person", user_id=user_id)
        audit(subject=f"user {user.name}", detail=f"{' '.join(sorted(roles))} agent={agent}")
        problem = _problem(user.name, agent)
        if problem is not None:
            return answered(problem, back)
        full_name = field("full_name", 128)
        try:
            self._people.users.change(
                user.id, roles=roles if roles != user.roles else None, agent=agent, full_name=full_name
            )
        except LastAdmin:
            return answered(refused("people.last_admin", "role", status=409), back)
        except NameTaken:
            return answered(refused("people.agent_taken", "agent", status=409), back)
        return answered(done("people.changed"), back)

    def disable(self, user_id: int) -> Response:
        """Keep somebody out."""
        user, back = self._user(user_id), url_for("admin.person", user_id=user_id)
        audit(subject=f"user {user.name}")
        if user.id == current_user().id:
            return answered(refused("people.not_yourself", status=409), back)
        try:
            self._people.users.disable(user.id)
        except LastAdmin:
            return answered(refused("people.last_admin", status=409), back)
        return answered(done("people.disabled"), back)

    def enable(self, user_id: int) -> Response:
        """Let them in again."""
        user = self._user(user_id)
        audit(subject=f"user {user.name}")
        self._people.users.enable(user.id)
        return answered(done("people.enabled"), url_for("admin.person", user_id=user_id))

    def link(self, user_id: int) -> Response:
        """A link that sets another password, shown once."""
        user = self._user(user_id)
        audit(subject=f"user {user.name}")
        return self._with_link(user, LinkPurpose.RESET if user.has_password else LinkPurpose.SETUP)

    def forget_code(self, user_id: int) -> Response:
        """No second step, for somebody who has lost their telephone."""
        user = self._user(user_id)
        audit(subject=f"user {user.name}")
        self._people.passwords.forget_code(user.id)
        return answered(done("people.code_forgotten"), url_for("admin.person", user_id=user_id))

    def end_session(self, user_id: int, number: int) -> Response:
        """Sign somebody out there."""
        user, back = self._user(user_id), url_for("admin.person", user_id=user_id)
        audit(subject=f"user {user.name}", detail=f"session={number}")
        if number not in {each.id for each in self._people.sessions.of(user.id)}:
            abort(404)
        self._people.sessions.revoke(SessionId(number))
        return answered(done("people.session_ended"), back)

    def audit_log(self) -> str:
        """What was done, the newest first, as far as it fits what is asked for."""
        asked = {name: request.args.get(name, "").strip()[:128] for name in ("user", "subject", "action")}
        since, until, before = day("since"), day("until"), number("before")
        entries = self._people.audit.entries(
            user=asked["user"] or None,
            subject=asked["subject"] or None,
            action=asked["action"] or None,
            since=_begin(since),
            until=None if until is None else _begin(until + timedelta(days=1)),
            before=before,
            limit=_PAGE + 1,
        )
        shown, more = entries[:_PAGE], len(entries) > _PAGE
        return render_template(
            "audit.html",
            entries=[_entry(each) for each in shown],
            asked=asked,
            actions=current_words().names_in("action"),
            since=since or "",
            until=until or "",
            next=_older(shown[-1].id) if more else "",
        )

    def _everybody(self, given: Mapping[str, Any], problem: Answer | None) -> str:
        """The page of everybody; ``given`` is what was typed of somebody who could not be added."""
        people = [_line(each) for each in self._people.users.all()]
        return render_template("people.html", people=people, roles=Role, given=given, problem=problem)

    def _not_added(self, problem: Answer) -> Response:
        """Why, beside what was typed."""
        if wants_json():
            return answered(problem, url_for("admin.people"))
        audit(result=f"refused: {problem.why}")
        given = {"name": field("name", 64), "full_name": field("full_name", 128), "agent": field("agent", 129)}
        return make_response(self._everybody({**given, "roles": _roles()}, problem), problem.status)

    def _user(self, user_id: int) -> User:
        user = self._people.users.get(UserId(user_id))
        if user is None:
            abort(404)
        return user

    def _page(self, user: User, link: str = "") -> str:
        words = current_words()
        sessions = [
            {"id": each.id, "at": words.moment(each.opened_at), "seen": words.moment(each.seen_at),
             "address": each.address, "browser": each.browser, "own": each.id == current_session().id}
            for each in self._people.sessions.of(user.id)
        ]  # fmt: skip
        return render_template(
            "person.html",
            person=_line(user),
            roles=Role,
            sessions=sessions,
            link=link,
            own=user.id == current_user().id,
        )

    def _with_link(self, user: User, purpose: LinkPurpose) -> Response:
        token = self._people.links.make(user.id, purpose)
        link = self._parts.settings.console.url + url_for("door.link", token=token)
        answer = make_response(self._page(user, link))
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _line(user: User) -> dict[str, Any]:
    words = current_words()
    return {
        "id": user.id,
        "name": user.name,
        "full_name": user.full_name,
        "agent": user.agent or "",
        "role_names": {each.value for each in user.roles},
        "roles": words.list_of([words.of("role", each) for each in Role if each in user.roles]),
        "disabled": user.disabled,
        "is": "disabled" if user.disabled else ("in" if user.has_password else "waits"),
        "state": words(
            "people.is_disabled"
            if user.disabled
            else ("people.is_in" if user.has_password else "people.is_invited")
        ),
        "code": words("people.has_code" if user.has_code else "people.has_no_code"),
        "has_code": user.has_code,
    }


def _entry(entry: ConsoleEntry) -> dict[str, Any]:
    words, deed = current_words(), entry.deed
    return {
        "id": entry.id,
        "at": words.moment(entry.at),
        "user": deed.user,
        "roles": words.list_of([words.of("role", each) for each in Role if each in deed.roles]),
        "action": words.of("action", deed.action),
        "subject": deed.subject,
        "detail": deed.detail,
        "result": entry.result,
        "address": deed.address,
    }


def _problem(name: str | None, agent: str) -> Answer | None:
    if name is None:
        return refused("people.no_name", "name")
    if agent and agent_name(agent) is None:
        return refused("people.no_agent_name", "agent")
    return None if _roles() else refused("people.no_role", "role")


def _roles() -> frozenset[Role]:
    return frozenset(role for role in Role if role in request.form.getlist("role"))


def _begin(asked: date | None) -> datetime | None:
    return None if asked is None else datetime(asked.year, asked.month, asked.day, tzinfo=current_words().zone)


def _older(before: int) -> str:
    """The page after this one, asked for in the same way."""
    names = ("user", "subject", "action", "since", "until")
    kept = {name: request.args[name] for name in names if request.args.get(name)}
    return f"{url_for('admin.audit_log')}?{urlencode({**kept, 'before': before})}"
