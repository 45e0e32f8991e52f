"""A caller without a telephone line: a Channel that plays a script of answers and writes down what was said.

Keys are judged by the real `Entry` and `KeyBuffer`, so a verdict in a test is the verdict on a call. One string
of a script is what the caller keys after one question, then a pause; keys left over when the field is complete
are there early for the next question, as on a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fs_app.domain.destination import Destination
from fs_app.domain.keys import KEYS, Entry, Field, Heard, KeyBuffer, Verdict, menu
from fs_app.domain.prompt import SILENCE, Manner, Prompt, discreet, say
from fs_app.domain.secret import Secret
from fs_app.errors import CallEnded
from fs_app.ports import NO_CODES, Codes, PersonEvent, Recorded, Typed, Voice
from fs_app.testing.fakes_person import ScriptedPerson, talks

T = TypeVar("T")
A = TypeVar("A", Heard, Recorded)

NO_KEY = ""
HANG_UP = "hang up"
"""Instead of keys: the caller hangs up at this question. ``"41" + HANG_UP`` keys two digits first."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the dialogue: what was said, ``asked`` for a question, ``aside`` for what else happened."""

    kind: str  # said | asked | keyed | aside
    text: str


class ScriptedPhone:
    """Implements `ports.Channel`. ``answers`` are taken one a question; when none is left the caller is silent. An
    answer that is something of `ports.PersonEvent` happens at that question, in a talk with a person; after keys
    that are no whole answer it happens in the middle of it. ``people`` are who is at the other end, one for each
    time the caller is handed over; when none is left somebody talks."""

    def __init__(
        self,
        voice: Voice,
        answers: Iterable[str | PersonEvent] = (),
        *,
        language: str = "en",
        people: Iterable[ScriptedPerson] = (),
        hang_up_while: str | None = None,
    ) -> None:
        self.uuid = "5e7c9f10-0000-4000-8000-000000000001"
        self.language = language
        self.manner = Manner.PLAIN
        self.dialogue: list[Turn] = []
        self.fields: list[Field] = []
        self.handed_over: list[str] = []
        self.ended = False
        self._voice = voice
        self._answers = list(answers)
        self._keys = KeyBuffer()
        self._prompts: list[Prompt] = []
        self._people = list(people)
        self._typed: Typed | None = None
        self.person: ScriptedPerson | None = None
        self._hang_up_while = hang_up_while

    @property
    def said(self) -> list[str]:
        """Everything the caller heard, in order, one text a breath."""
        return [line.text for line in self.dialogue if line.kind in ("said", "asked")]

    @property
    def left(self) -> list[str | PersonEvent]:
        """The answers nobody asked for."""
        return list(self._answers)

    def transcript(self) -> str:
        """The dialogue as text: ``<<`` what was played, ``>>`` what was keyed, ``==`` what else happened."""
        signs = {"said": "<<", "asked": "<<", "keyed": ">>", "aside": "=="}
        return "\n".join(f"{signs[line.kind]} {line.text}" for line in self.dialogue)

    def words(self, prompt: Prompt) -> str:
        return self._voice.render(prompt, self.language).text

    def answer(self) -> None:
        self._note("aside", "answered")

    def play(self, prompt: Prompt, *, interruptible: bool = True) -> None:
        self._say("said", prompt)

    def ask(self, prompt: Prompt, field: Field, *, longer: Prompt = SILENCE) -> Heard:
        self.fields.append(field)
        return self._repeat(prompt, longer, lambda: self._one_answer(field))

    def record(self, prompt: Prompt, seconds: float, *, longer: Prompt = SILENCE) -> Recorded:
        """One answer of the script: what is said, or keys, or nothing."""
        return self._repeat(prompt, longer, self._one_sentence)

    def _repeat(self, prompt: Prompt, longer: Prompt, answer: Callable[[], A]) -> A:
        """Ask until what comes is no wish to hear the question again."""
        first = SILENCE
        while True:
            self._say("asked", first + prompt)
            given = answer()
            match given.verdict:
                case Verdict.CLEARED | Verdict.REPEAT:
                    first = SILENCE
                case Verdict.SLOWER:
                    slow = self.manner is not Manner.SLOW
                    self.manner = Manner.SLOW if slow else Manner.PLAIN
                    first = say("slower_now" if slow else "normal_now")
                case Verdict.HELP:
                    first, prompt = say("help"), longer or prompt
                case _:
                    return given

    def _one_sentence(self) -> Recorded:
        answer = self._answers.pop(0) if self._answers else NO_KEY
        assert isinstance(answer, str), "nobody talks with a person while they say a sentence"
        self._note("keyed", answer or "(nothing)")
        if answer == HANG_UP:
            self._caller_hangs_up()
        if not answer:
            return Recorded(Verdict.SILENCE)
        if answer[0] not in KEYS:
            return Recorded(Verdict.ENTERED, Path(f"/recordings/{self.uuid}-{len(self.dialogue)}.wav"), 2.0, 0.5)
        return Recorded(Entry(menu("spoken answer", frozenset({"a voice"}))).press(answer[0]) or Verdict.WRONG_KEY)

    def play_while(self, prompt: Prompt, work: Callable[[], T]) -> T:
        self._say("said", prompt)
        return work()

    def forget_keys(self) -> None:
        self._keys.forget()

    def seek(self, destination: Destination, *, reference: str = "", codes: Codes = NO_CODES) -> ScriptedPerson:
        self._still_there()
        self.handed_over.append(destination.name)
        self._note("aside", f"handed over to {destination.name}")
        self.person = self._people.pop(0) if self._people else talks()
        self.person.say_aloud = lambda prompt: self._say("said", prompt)
        self.person.hang_up = self._hangs_up_in_talk
        return self.person

    def heard(self) -> list[str]:
        return [self._voice.render(discreet(prompt), self.language).text for prompt in self._prompts[-8:]]

    def watch(self, typed: Typed | None) -> None:
        self._typed = typed

    def hang_up(self) -> None:
        self._note("aside", "we hang up")
        self.ended = True

    @property
    def hung_up(self) -> bool:
        return self.ended

    def _say(self, kind: str, prompt: Prompt) -> None:
        self._still_there()
        text = self._voice.render(prompt, self.language).text
        self._note(kind, text)
        self._prompts.append(prompt)
        if self._hang_up_while is not None and self._hang_up_while in text:
            self._caller_hangs_up()

    def _one_answer(self, field: Field) -> Heard:
        entry = Entry(field)
        self._count(entry)
        if not self._keys.waiting:
            self._keys.heard_out()
            if self._happens():
                return Heard(Verdict.INTERRUPTED, Secret())
            self._next_answer(field)
        verdict: Verdict | None = None
        while verdict is None:
            key = self._keys.take()
            if key is None and self._happens():
                entry.secret.wipe()
                return Heard(Verdict.INTERRUPTED, Secret())
            verdict = entry.press(key) if key is not None else entry.pause()
            self._count(entry)
        if verdict is Verdict.REFUSED:
            self._keys.forget()
        elif verdict is not Verdict.SILENCE:
            self._keys.answered()
        if verdict is not Verdict.ENTERED:
            entry.secret.wipe()
        return Heard(verdict, entry.secret, entry.reason)

    def _count(self, entry: Entry) -> None:
        if self._typed is not None:
            self._typed(entry.field.name, len(entry.secret), entry.field.expects(entry.secret.reveal()))

    def _happens(self) -> bool:
        """Something of the script happens on the way to a person, instead of an answer."""
        if not self._answers or isinstance(self._answers[0], str):
            return False
        assert self.person is not None and self.person.shields, "a question is interrupted in a talk alone"
        event = self._answers.pop(0)
        assert not isinstance(event, str)
        self.person.happens(event)
        self._note("aside", str(event))
        return True

    def _next_answer(self, field: Field) -> None:
        answer = self._answers.pop(0) if self._answers else NO_KEY
        assert isinstance(answer, str)
        keyed = answer.removesuffix(HANG_UP)
        for key in keyed:
            self._keys.feed(key)
        self._note("keyed", f"<{len(keyed)} keys>" if field.secret else keyed or "(nothing)")
        if answer.endswith(HANG_UP):
            self._caller_hangs_up()

    def _hangs_up_in_talk(self) -> None:
        self.ended = True

    def _caller_hangs_up(self) -> None:
        self._note("aside", "the caller hangs up")
        self.ended = True
        raise CallEnded

    def _still_there(self) -> None:
        if self.ended:
            raise CallEnded

    def _note(self, kind: str, text: str) -> None:
        self.dialogue.append(Turn(kind, text))
