"""Asking which of several things, each said with its key; and several questions one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fs_app.domain import keys
from fs_app.domain.prompt import SILENCE, Digits, Prompt, Value, say
from fs_app.flow.asking import ask
from fs_app.flow.call import Call
from fs_app.flow.step import StepEnds

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


Question = Callable[[], str | None]
"""Asks something and returns the answer as a text; None where there is nothing to ask."""


def ask_in_order(call: Call, questions: Mapping[str, Question]) -> Mapping[str, str]:
    """Ask one after the other and return the answers; ``*`` at one asks the one before it again.

    What is answered is kept with the call (`Call.within`), so that at another server it is not asked again.
    StepEnds as `ask`; ``back`` at the first question.
    """
    names = list(questions)
    asked: list[str] = []
    place = 0
    while place < len(names):
        name = names[place]
        if name not in call.within:
            try:
                answer = questions[name]()
            except StepEnds as ends:
                if ends.outcome != "back" or not asked:
                    raise
                place = names.index(asked.pop())
                for later in names[place:]:
                    call.within.pop(later, None)
                continue
            if answer is None:
                place += 1
                continue
            call.within[name] = answer
            call.keep()
        asked.append(name)
        place += 1
    return {name: call.within[name] for name in asked}
