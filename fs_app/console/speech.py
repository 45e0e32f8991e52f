"""The words of the page that is being made: those of whoever is signed in, else what their browser asks for."""

from __future__ import annotations

from datetime import tzinfo

from flask import Flask, current_app, g, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from fs_app.console.access import current_user
from fs_app.console.words import LANGUAGES, Words, words_in
from fs_app.ports.people import User

_EXTENSION = "fs_app.words"
_CHOICE = "language"  # a cookie, for the pages before the sign-in


def speak(app: Flask, zone: tzinfo) -> None:
    """Give every template ``t``, ``words``, ``language`` and ``direction``."""
    app.extensions[_EXTENSION] = zone

    @app.context_processor
    def spoken() -> dict[str, object]:
        words = current_words()
        return {"t": words, "words": words, "language": words.language, "direction": words.direction, "me": _me()}

    app.add_template_global(_csrf, "csrf")
    app.add_template_global(_on_page, "on_page")


def _me() -> User | None:
    try:
        return current_user()
    except LookupError:
        return None


def _csrf() -> Markup:
    """The hidden field that every form needs."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def _on_page(path: str) -> Markup:
    """Marks the link to the page that is shown, or to the one that it belongs to."""
    return Markup(' aria-current="page"') if request.path.startswith(path) else Markup("")


def current_words() -> Words:
    """The words of this request."""
    language = _language()
    known: Words | None = g.get("words")
    if known is None or known.language != language:
        known = g.words = words_in(language, current_app.extensions[_EXTENSION])
    return known


def _language() -> str:
    try:
        return current_user().language
    except LookupError:
        asked = request.args.get("language") or request.cookies.get(_CHOICE, "")
        return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
