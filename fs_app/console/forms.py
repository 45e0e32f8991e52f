"""What was asked for, and what comes of a form: JSON for a script that sent it, a page for a browser that did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Response, jsonify, make_response, redirect, render_template, request

from fs_app.console.access import audit
from fs_app.console.speech import current_words

_LONGEST = 1000
LARGEST_NUMBER = 2**63 - 1
"""The largest id that a row can have."""
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


@dataclass(frozen=True, slots=True)
class Answer:
    """``said`` is in the reader's language, ``field`` what has to be mended; ``why`` is for the audit."""

    ok: bool
    said: str
    field: str = ""
    status: int = 200
    why: str = ""


def done(key: str, **values: object) -> Answer:
    """It was done; the key is one of the words'."""
    return Answer(ok=True, said=current_words()(key, **values))


def refused(key: str, field: str = "", *, status: int = 422, **values: object) -> Answer:
    """It was not."""
    return Answer(ok=False, said=current_words()(key, **values), field=field, status=status, why=key)


def answered(answer: Answer, back: str) -> Response:
    """The answer; ``back`` is the page to go on at."""
    if not answer.ok:
        audit(result=f"refused: {answer.why}")
    if wants_json():
        told = {"ok": answer.ok, "said": answer.said, "field": answer.field}
        return make_response(jsonify(told), answer.status)
    if answer.ok:
        return make_response(redirect(back, 303))
    return make_response(render_template("notice.html", said=answer.said, back=back), answer.status)


def number(name: str) -> int | None:
    """A number that was asked for in the address; None where it is none, or no row has it."""
    text = request.args.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > len(str(LARGEST_NUMBER)):
        return None
    return int(text) if int(text) <= LARGEST_NUMBER else None


def day(name: str) -> date | None:
    """A day that was asked for in the address; None where it is none, or is of no use."""
    try:
        asked = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return asked if _FIRST_YEAR <= asked.year <= _LAST_YEAR else None


def wants_json() -> bool:
    """Whether a script asks."""
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json"


def field(name: str, longest: int = _LONGEST) -> str:
    """What was typed into a field, without the space around it and without control characters; at most so long."""
    text = request.form.get(name, "")
    return "".join(each for each in text if each.isprintable() or each == "\n").strip()[:longest]
