"""Asking which of several things: each is said with its key."""

from __future__ import annotations

from collections.abc import Sequence

from fs_app.domain import keys
from fs_app.domain.prompt import SILENCE, Digits, Prompt, Value, say
from fs_app.flow.asking import ask
from fs_app.flow.call import Call

KEYS = "1234567"
"""8, 9 and 0 mean something of their own at every question."""


def choice(phrase: str, key: str, /, **values: Value) -> Prompt:
    """A phrase that offers one thing: ``{digits}`` is its key."""
    return say(phrase, digits=Digits(key), **values)


def ask_which(call: Call, name: str, offers: Sequence[Prompt], *, tries: int, before: Prompt = SILENCE) -> int:
    """Say the offers, of which the first has key 1, and return the place of the one that is chosen. StepEnds as
    `ask`."""
    question = sum(offers, before)
    field = keys.menu(name, frozenset(KEYS[: len(offers)]))
    return KEYS.index(ask(call, field, question, question, tries=tries).reveal())
