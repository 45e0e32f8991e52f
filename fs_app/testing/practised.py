"""A caller who knows the line: a Channel that answers every question at once and adds up what was said.

Practised is who interrupts nothing, answers at once, and knows what to key. So what is counted is the time of the
prompts alone, from the recordings: not the keying, not the wait for the gateway. Keys are judged by the real
`Entry`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from fs_app.domain.destination import Destination
from fs_app.domain.keys import Entry, Field, Heard, Verdict
from fs_app.domain.prompt import SILENCE, Digits, Manner, Prompt
from fs_app.domain.secret import Secret
from fs_app.ports import NO_CODES, Codes, Recorded, Tune, Typed, Voice
from fs_app.testing.fakes_person import ScriptedPerson, talks

T = TypeVar("T")

Choose = Callable[[str, Field], str]
"""What is keyed in a step for a field; empty is silence."""

Given = Mapping[str, Sequence[str]]
"""What to key in which steps, instead of what a practised caller would: one string a question, in order."""

_AGAIN = frozenset({Verdict.CLEARED, Verdict.REPEAT, Verdict.SLOWER, Verdict.HELP})
_SPOKEN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """One prompt of a call: what was said in which step, for how many seconds, and what was keyed then.

    ``clear`` is after how many seconds the key that was pressed had been offered: a menu need not be heard out.
    """

    step: str
    text: str
    seconds: float
    clear: float
    keyed: str = ""


class PractisedCaller:
    """Implements `ports.Channel`. ``choose`` knows what to key; ``step`` is set by whoever walks the flow.
    ``files`` are the recordings that were played."""

    def __init__(self, voice: Voice, choose: Choose, *, language: str, manner: Manner) -> None:
        self.uuid = "5e7c9f10-0000-4000-8000-000000000002"
        self.language = language
        self.manner = manner
        self.step = ""
        self.told: list[Told] = []
        self.files: set[Path] = set()
        self._voice = voice
        self._choose = choose
        self._before = 0  # so many prompts were told in the steps before

    def end_step(self, name: str) -> None:
        """What was told since the last step ended, was told in this one."""
        here = [replace(each, step=name) for each in self.told[self._before :]]
        self.told[self._before :] = here
        self._before = len(self.told)

    def words(self, prompt: Prompt) -> str:
        return self._voice.render(prompt, self.language, self.manner).text

    def answer(self) -> None:
        """Nothing is said."""

    def play(self, prompt: Prompt, *, interruptible: bool = True) -> None:
        self._hear(prompt)

    def ask(self, prompt: Prompt, field: Field, *, longer: Prompt = SILENCE) -> Heard:
        while True:
            self._hear(prompt)
            keys = self._choose(self.step, field)
            self._note(keys, prompt, field)
            heard = _keyed(keys, field)
            if heard.verdict not in _AGAIN:
                return heard

    def record(self, prompt: Prompt, seconds: float, *, longer: Prompt = SILENCE) -> Recorded:
        """They say their sentence after the beep."""
        self._hear(prompt)
        beep = self._voice.tune(Tune.BEEP)
        self.files.update(beep.files)
        self.told.append(Told(self.step, beep.text, beep.seconds, beep.seconds))
        return Recorded(Verdict.ENTERED, None, _SPOKEN_SECONDS, _SPOKEN_SECONDS)

    def play_while(self, prompt: Prompt, work: Callable[[], T]) -> T:
        self._hear(prompt)
        return work()

    def forget_keys(self) -> None:
        """Nothing is keyed early."""

    def seek(self, destination: Destination, *, reference: str = "", codes: Codes = NO_CODES) -> ScriptedPerson:
        return talks()

    def heard(self) -> list[str]:
        return [each.text for each in self.told[-8:]]

    def watch(self, typed: Typed | None) -> None:
        """Nobody counts keys."""

    def hang_up(self) -> None:
        """The flow has ended."""

    @property
    def hung_up(self) -> bool:
        """A practised caller never does."""
        return False

    def _hear(self, prompt: Prompt) -> None:
        if prompt:
            said = self._voice.render(prompt, self.language, self.manner)
            self.files.update(said.files)
            self.told.append(Told(self.step, said.text, said.seconds, said.seconds))

    def _note(self, keys: str, prompt: Prompt, field: Field) -> None:
        """What was keyed after the last prompt, and when its choice had been offered."""
        if not keys or not prompt:
            return
        offered = _offering(prompt, keys) if field.choices else prompt
        clear = self._voice.render(offered, self.language, self.manner).seconds
        shown = f"<{len(keys)} keys>" if field.secret else keys
        self.told[-1] = replace(self.told[-1], clear=clear, keyed=shown)


def _offering(prompt: Prompt, key: str) -> Prompt:
    """A menu's prompt through the phrase that offers a key: the one with it in a gap; for 1 else the first."""
    for place, phrase in enumerate(prompt.phrases, start=1):
        if any(value == Digits(key) for _, value in phrase.values):
            return Prompt(prompt.phrases[:place])
    return Prompt(prompt.phrases[:1]) if key == "1" else prompt


def _keyed(keys: str, field: Field) -> Heard:
    """The verdict on these keys, then a pause."""
    entry = Entry(field)
    verdict: Verdict | None = None
    waiting = list(keys)
    while verdict is None:
        verdict = entry.press(waiting.pop(0)) if waiting else entry.pause()
    return Heard(verdict, entry.secret if verdict is Verdict.ENTERED else Secret(), entry.reason)


def total(told: Sequence[Told]) -> float:
    """The seconds of prompts, each heard out."""
    return sum(each.seconds for each in told)


def total_early(told: Sequence[Told]) -> float:
    """The seconds of prompts where a menu's key is pressed as soon as it was offered."""
    return sum(each.clear for each in told)
