"""One's own account: the password, the second step, where one is signed in, the language.

Whoever sits down at a desk that somebody left cannot take it over: a new password and a second step need the
password, and its tries are counted as those at the door.
"""

from __future__ import annotations

from dataclasses import dataclass

import segno
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from fs_app.console.access import (
    ACCOUNT,
    audit,
    code_is_missing,
    current_session,
    current_user,
    needs_code,
    page,
    people,
)
from fs_app.console.cookies import set_session
from fs_app.console.door import chosen_wrongly, clean_code, minutes_of
from fs_app.console.parts import ConsoleParts
from fs_app.console.tries import tried
from fs_app.domain.people import RIGHTS, Right, TryKind
from fs_app.errors import WeakPassword
from fs_app.ports.people import CodeSecret, SessionId, User

_EVERYBODY = RIGHTS[Right.OWN_ACCOUNT]
_LONGEST_PASSWORD = 1024


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Why something was not done: ``said`` is a key of the words, ``minutes`` what one has to wait."""

    said: str
    minutes: int = 0


def account(parts: ConsoleParts) -> Blueprint:
    """The blueprint."""
    pages = Blueprint("account", __name__, url_prefix=ACCOUNT)
    views = AccountPages(parts)
    page(pages, "", roles=_EVERYBODY, before_code=True)(views.show)
    page(pages, "/awake", roles=_EVERYBODY)(views.awake)
    page(pages, "/password", roles=_EVERYBODY, methods=("POST",), action="own_password")(views.password)
    page(pages, "/code", roles=_EVERYBODY, methods=("POST",), action="own_code_begin", before_code=True)(
        views.begin_code
    )
    page(pages, "/code/confirm", roles=_EVERYBODY, methods=("POST",), action="own_code_confirm", before_code=True)(
        views.confirm_code
    )
    page(pages, "/code/forget", roles=_EVERYBODY, methods=("POST",), action="own_code_forget")(views.forget_code)
    page(pages, "/sessions/<int:number>/end", roles=_EVERYBODY, methods=("POST",), action="own_session_end")(
        views.end_session
    )
    page(pages, "/language", roles=_EVERYBODY, methods=("POST",), action="own_language", before_code=True)(
        views.language
    )
    return pages


class AccountPages:
    """The views."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._languages = parts.settings.console.languages

    def show(self) -> Response:
        """The account."""
        return self._shown()

    def awake(self) -> tuple[str, int]:
        """A person is at the page: to ask for anything keeps a session from being idle."""
        return "", 204

    def password(self) -> Response:
        """Another password. Every other session ends; this one gets a new token."""
        user = current_user()
        wrong = _password_wrong(user) or _wrong(chosen_wrongly())
        if wrong is None:
            try:
                people().passwords.change(user.id, request.form.get("password", ""))
            except WeakPassword as weak:
                wrong = _Wrong(f"door.weak_{weak.reason}")
        if wrong is not None:
            return self._shown(wrong)
        session = current_session()
        answer = _back("password")
        set_session(answer, people().sessions.open(user.id, session.address, session.browser))
        return answer

    def begin_code(self) -> Response:
        """A second step: its secret, shown once, as a picture for a telephone and as text."""
        user = current_user()
        wrong = _password_wrong(user)
        if wrong is not None:
            return self._shown(wrong)
        try:
            secret = people().passwords.begin_code(user.id)
        except ValueError:
            return self._shown(_Wrong("door.has_code"), 409)
        return _enrolment(secret)

    def confirm_code(self) -> Response:
        """The first code: from now on one is asked for."""
        user = current_user()
        this_try = tried(TryKind.CODE, user.name)
        pause = this_try.claim()
        if pause:
            return _not_confirmed(_Wrong("door.too_many", minutes_of(pause)), 429)
        if not people().passwords.confirm_code(user.id, clean_code(request.form.get("code", ""))):
            return _not_confirmed(_Wrong("door.wrong_code"), 422)
        this_try.right()
        return _renewed(_back("code"))

    def forget_code(self) -> Response:
        """No second step any more."""
        user = current_user()
        if needs_code(user):
            return self._shown(_Wrong("door.code_stays"), 409)
        wrong = _password_wrong(user)
        if wrong is not None:
            return self._shown(wrong)
        people().passwords.forget_code(user.id)
        return _back("code_off")

    def end_session(self, number: int) -> Response:
        """End one of one's own sessions."""
        theirs = {each.id for each in people().sessions.of(current_user().id)}
        if number not in theirs:
            abort(404)
        people().sessions.revoke(SessionId(number))
        return _back("session")

    def language(self) -> Response:
        """Another language of the pages."""
        chosen = request.form.get("language", "")
        if chosen not in self._languages:
            abort(400)
        audit(detail=chosen)
        people().users.change(current_user().id, language=chosen)
        return _back("language")

    def _shown(self, wrong: _Wrong | None = None, status: int = 422) -> Response:
        """The page."""
        if wrong is not None:
            audit(result=f"refused: {wrong.said}")
        text = render_template(
            "account.html",
            user=current_user(),
            sessions=people().sessions.of(current_user().id),
            here=current_session().id,
            wrong=wrong,
            languages=self._languages,
            needs_code=needs_code(current_user()),
            code_first=code_is_missing(current_user()),
        )
        return make_response(text, 200 if wrong is None else status)


def _back(done: str) -> Response:
    return make_response(redirect(url_for("account.show", done=done), 303))


def _wrong(said: str) -> _Wrong | None:
    return _Wrong(said) if said else None


def _password_wrong(user: User) -> _Wrong | None:
    """Why the password that was given again is not taken; None where it is right."""
    this_try = tried(TryKind.NAME, user.name)
    pause = this_try.claim()
    if pause:
        return _Wrong("door.too_many", minutes_of(pause))
    if not people().passwords.fits(user.id, request.form.get("current", "")[:_LONGEST_PASSWORD]):
        return _Wrong("door.wrong_password")
    this_try.right()
    return None


def _enrolment(made: CodeSecret) -> Response:
    picture = segno.make(made.uri, error="m", micro=False).svg_data_uri(scale=5, border=4, light="white")
    groups = " ".join(made.secret[place : place + 4] for place in range(0, len(made.secret), 4))
    return make_response(render_template("code_setup.html", picture=picture, secret=groups, wrong=None))


def _not_confirmed(wrong: _Wrong, status: int) -> Response:
    """The form for the code again: the app on the telephone has the secret, which is not shown twice."""
    audit(result=f"refused: {wrong.said}")
    return make_response(render_template("code_setup.html", picture="", secret="", wrong=wrong), status)


def _renewed(answer: Response) -> Response:
    """The answer with a new token for this session: its rights are proved otherwise from now on."""
    token = people().sessions.renew(current_session().id)
    if token is not None:
        set_session(answer, token)
    return answer
