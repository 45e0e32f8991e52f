"""The words of the page that is being made: those of whoever is signed in, else what their browser asks for."""

from __future__ import annotations

from datetime import tzinfo

from flask import Flask, current_app, g, request

from fs_app.console.access import current_user
from fs_app.console.words import LANGUAGES, Words, words_in

_EXTENSION = "fs_app.words"
_CHOICE = "language"  # a cookie, for the pages before the sign-in


def speak(app: Flask, zone: tzinfo) -> None:
    """Give every template ``t``, ``words``, ``language`` and ``direction``."""
    app.extensions[_EXTENSION] = zone

    @app.context_processor
    def spoken() -> dict[str, object]:
        words = current_words()
        return {"t": words, "words": words, "language": words.language, "direction": words.direction}


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
