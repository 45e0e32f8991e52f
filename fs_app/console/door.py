"""Signing in and out, the second step, and one-time links: what is open to who is not signed in.

Whoever gives a wrong name learns what one learns who gives a wrong password, in the same time. Each try is counted
before it is looked at (`tries`), over all processes. A session gets a new token whenever it means
more than before: at the right password, at the right code, at another password.
"""

from __future__ import annotations

import math
from datetime import timedelta

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from fs_app.console.access import (
    SIGN_IN,
    address,
    current_session,
    current_user,
    open_page,
    page,
    people,
    record,
    safe_next,
    waiting_session,
)
from fs_app.console.cookies import drop_session, remember_browser, session_token, set_session
from fs_app.console.parts import ConsoleParts
from fs_app.console.tries import Pauses, stranger, tried
from fs_app.domain.people import RIGHTS, Right, TryKind, login_name
from fs_app.errors import WeakPassword
from fs_app.ports.people import User

_LONGEST_NAME, _LONGEST_PASSWORD, _LONGEST_CODE = 64, 1024, 16


def door(parts: ConsoleParts) -> Blueprint:
    """The blueprint."""
    pages = Blueprint("door", __name__)
    views = DoorPages(parts)
    open_page(pages, SIGN_IN)(views.sign_in)
    open_page(pages, SIGN_IN, methods=("POST",))(views.check)
    open_page(pages, f"{SIGN_IN}/code")(views.code)
    open_page(pages, f"{SIGN_IN}/code", methods=("POST",))(views.check_code)
    page(
        pages,
        "/sign-out",
        roles=RIGHTS[Right.OWN_ACCOUNT],
        methods=("POST",),
        action="sign_out",
        before_code=True,
    )(views.sign_out)
    open_page(pages, "/link/<token>")(views.link)
    open_page(pages, "/link/<token>", methods=("POST",))(views.use_link)
    return pages


class DoorPages:
    """The views."""

    def __init__(self, parts: ConsoleParts) -> None:
        oidc = parts.settings.console.oidc
        self._passwords = oidc is None or oidc.passwords
        self._provider = "" if oidc is None else oidc.button
        self._pauses = Pauses(parts.clock)

    def sign_in(self) -> Response:
        """The form; who is signed in already goes on."""
        wanted = safe_next(request.args.get("next", ""))
        if _signed_in():
            return make_response(redirect(wanted))
        return self._form()

    def check(self) -> Response:
        """A name and a password."""
        if not self._passwords:
            abort(404)
        given = request.form.get("name", "")[:_LONGEST_NAME]
        this_try, known = tried(TryKind.NAME, login_name(given) or given), people().users.by_name(given)
        pause = this_try.claim()
        if pause:
            if self._pauses.is_new(pause):
                record("sign_in", "refused: too many tries", user=known)
            return self._form(429, "door.too_many", pause)
        user = people().passwords.check(given, request.form.get("password", "")[:_LONGEST_PASSWORD])
        if user is None:
            record("sign_in", "refused: name or password", user=known)
            return self._form(401, "door.wrong")
        this_try.right()
        record("sign_in", "password" if user.has_code else "done", user=user)
        return let_in(user, safe_next(request.form.get("next", "")), waits_for_code=user.has_code)

    def code(self) -> Response:
        """The form for the second step."""
        if waiting_session() is None:
            return make_response(redirect(SIGN_IN))
        return make_response(render_template("totp.html", said="", next=safe_next(request.args.get("next", ""))))

    def check_code(self) -> Response:
        """A code."""
        waiting = waiting_session()
        if waiting is None:
            return make_response(redirect(SIGN_IN, 303))
        user, wanted = waiting.user, safe_next(request.form.get("next", ""))
        this_try = tried(TryKind.CODE, user.name)
        pause = this_try.claim()
        if pause:
            if self._pauses.is_new(pause):
                record("sign_in_code", "refused: too many tries", user=user)
            text = render_template("totp.html", said="door.too_many", minutes=minutes_of(pause), next=wanted)
            return _with_pause(make_response(text, 429), pause)
        if not people().passwords.check_code(user.id, clean_code(request.form.get("code", ""))):
            record("sign_in_code", "refused: code", user=user)
            return make_response(render_template("totp.html", said="door.wrong_code", next=wanted), 401)
        this_try.right()
        record("sign_in_code", "done", user=user)
        token = people().sessions.renew(waiting.id)
        if token is None:
            return make_response(redirect(SIGN_IN, 303))
        answer = make_response(redirect(wanted, 303))
        set_session(answer, token)
        remember_browser(answer, user.name)
        return answer

    def sign_out(self) -> Response:
        """End this session, here and in the database."""
        people().sessions.revoke(current_session().id)
        answer = make_response(redirect(SIGN_IN, 303))
        drop_session(answer)
        return answer

    def link(self, token: str) -> Response:
        """A one-time link: the form for a password."""
        owner = people().links.owner(token[:128])
        if owner is None:
            return _dead_link()
        return make_response(render_template("set_password.html", owner=owner, said=""))

    def use_link(self, token: str) -> Response:
        """The password that was chosen. One signs in with it afterwards, with a code where there is one."""
        owner = people().links.owner(token[:128])
        if owner is None:
            if stranger():
                abort(429)
            record("set_password", "refused: no such link")
            return _dead_link()
        said = chosen_wrongly()
        if not said:
            record("set_password", "asked", user=owner)
            try:
                if people().links.use(token[:128], request.form["password"]) is None:
                    record("set_password", "refused: no such link", user=owner)
                    return _dead_link()
            except WeakPassword as weak:
                said = f"door.weak_{weak.reason}"
            record("set_password", f"refused: {said}" if said else "done", user=owner)
        if said:
            return make_response(render_template("set_password.html", owner=owner, said=said), 422)
        answer = make_response(redirect(url_for("door.sign_in", set="yes"), 303))
        drop_session(answer)
        remember_browser(answer, owner.name)
        return answer

    def _form(self, status: int = 200, said: str = "", pause: timedelta | None = None) -> Response:
        """The page to sign in at; ``said`` is a key of its words."""
        wanted = safe_next(request.values.get("next", ""))
        minutes = 0 if pause is None else minutes_of(pause)
        text = render_template(
            "sign_in.html",
            said=said,
            minutes=minutes,
            next=wanted,
            passwords=self._passwords,
            provider=self._provider,
            name=request.form.get("name", "")[:_LONGEST_NAME],
        )
        return _with_pause(make_response(text, status), pause)


def let_in(user: User, wanted: str, *, waits_for_code: bool = False) -> Response:
    """A new session for somebody who has proved who they are; the one that the browser had before ends."""
    before = people().sessions.find(session_token(), active=False) if session_token() else None
    if before is not None:
        people().sessions.revoke(before.id)
    browser = request.headers.get("User-Agent", "")
    token = people().sessions.open(user.id, address(), browser, waits_for_code=waits_for_code)
    answer = make_response(redirect(url_for("door.code", next=wanted) if waits_for_code else wanted, 303))
    set_session(answer, token)
    if not waits_for_code:
        remember_browser(answer, user.name)
    return answer


def chosen_wrongly() -> str:
    """The key of what is wrong with the two fields of a new password; empty where they are the same."""
    password, again = request.form.get("password", ""), request.form.get("again", "")
    if len(password) > _LONGEST_PASSWORD:
        return "door.weak_long"
    return "" if password == again else "door.not_the_same"


def clean_code(text: str) -> str:
    """A code as it was typed, without the blanks that some write in the middle."""
    return "".join(text.split())[:_LONGEST_CODE]


def _signed_in() -> bool:
    try:
        return bool(current_user())
    except LookupError:
        return False


def minutes_of(pause: timedelta) -> int:
    """A pause as it is told."""
    return math.ceil(pause.total_seconds() / 60)


def _with_pause(answer: Response, pause: timedelta | None) -> Response:
    if pause:
        answer.headers["Retry-After"] = str(math.ceil(pause.total_seconds()))
    return answer


def _dead_link() -> Response:
    return make_response(render_template("error.html", said="door.dead_link"), 410)
