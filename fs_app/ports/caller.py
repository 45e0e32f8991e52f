"""The caller's side: the line a person is on, and the prompts said on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeVar

from fs_app.domain.destination import Destination, FeatureCode
from fs_app.domain.keys import Field, Heard, Verdict
from fs_app.domain.prompt import SILENCE, Manner, Prompt
from fs_app.ports.person import Person

T = TypeVar("T")

Codes = Mapping[str, FeatureCode]
NO_CODES: Codes = MappingProxyType({})

Typed = Callable[[str, int, int], None]
"""Told the name of a field, how many keys of it came, and how many there will be as far as can be told; in the hub:
it must not wait."""

CHANNEL_PHRASES = frozenset({"help", "slower_now", "normal_now", "still_working"})
"""What a channel says by itself, where the universal keys ask for it or work takes its time: every language needs
these phrases."""


class Tune(StrEnum):
    """A sound without words: ``sounds/tunes/<name>.wav``."""

    MUSIC = "music"  # while something takes time
    BEEP = "beep"  # speak now


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a spoken answer. ``path`` and the lengths in seconds are there where it is ENTERED: the
    file is the caller's own voice, ``spoken`` seconds of which are not silence, and whoever asked keeps it or
    deletes it."""

    verdict: Verdict
    path: Path | None = None
    seconds: float = 0.0
    spoken: float = 0.0


class Channel(Protocol):
    """One caller on one line. Every method may raise `CallEnded`, at once when the caller hangs up."""

    @property
    def uuid(self) -> str:
        """The switch's uuid of the caller's leg."""
        ...

    language: str
    """The language prompts are spoken in; a step may change it."""

    manner: Manner
    """How prompts are spoken. A step may make it BRIEF for a caller who has been here before, unless the caller
    wants it SLOW: ``8`` does that, for the rest of the call or until the next ``8``."""

    def words(self, prompt: Prompt) -> str:
        """A prompt as the caller hears it, in their language: for what is kept of what they agreed to."""
        ...

    def answer(self) -> None:
        """Take the call and get its keypad ready. Once, before anything else."""
        ...

    def play(self, prompt: Prompt, *, interruptible: bool = True) -> None:
        """Say a prompt to its end, as one command. A key ends an interruptible one and is kept for the next
        question; keys pressed in one that is not interruptible are kept too."""
        ...

    def ask(self, prompt: Prompt, field: Field, *, longer: Prompt = SILENCE) -> Heard:
        """Say a prompt and take one answer: barge-in, type-ahead, first-key and inter-key times, universal keys.

        Inside this call ``*`` on typed keys and a lone ``9`` say the prompt again; a lone ``8`` says it SLOW, waits
        longer for keys, and does so for the rest of the call; ``#`` on nothing says `help`, then ``longer`` where
        there is one. The result is one of ENTERED, TOO_SHORT, WRONG_KEY, SILENCE, AGENT, BACK, REFUSED; or
        INTERRUPTED in a talk with a person, see `Person.shielded`.

        REFUSED comes in mid-answer. What the caller goes on typing answers nothing: it is dropped while the reason
        is said, with `play`, and after that until the caller pauses.
        """
        ...

    def record(self, prompt: Prompt, seconds: float, *, longer: Prompt = SILENCE) -> Recorded:
        """Say a prompt and a beep, and record one sentence of the caller, ``seconds`` at most.

        ``#`` ends it, as a pause after speech does; the other universal keys mean what they mean in `ask`. Digits
        throw it away: WRONG_KEY. The result is one of ENTERED, SILENCE where no voice was heard, WRONG_KEY, AGENT,
        BACK; but for ENTERED no file is left. `SwitchError` where the switch cannot record.
        """
        ...

    def play_while(self, prompt: Prompt, work: Callable[[], T]) -> T:
        """Say a prompt while ``work`` runs in its own greenlet, then play music with a word every few seconds until
        it is done; return its result or raise its exception. When the caller hangs up, `CallEnded` is raised at
        once and the work goes on to its end."""
        ...

    def forget_keys(self) -> None:
        """Drop what was typed early: across a charge, a menu that changed, or an error."""
        ...

    def seek(self, destination: Destination, *, reference: str = "", codes: Codes = NO_CODES) -> Person:
        """The way to where people are; it begins with `Person.join`. ``reference`` is set on the agent's leg;
        ``codes`` are what the agent's own keys mean. UnsafeArgument for a bad name."""
        ...

    def heard(self) -> Sequence[str]:
        """What the caller heard last, oldest first; of longer digits the last four alone."""
        ...

    def watch(self, typed: Typed | None) -> None:
        """From now on tell how many keys of a question there are, never which; None: nobody any more."""
        ...

    def hang_up(self) -> None:
        """End the call."""
        ...

    @property
    def hung_up(self) -> bool:
        """Whether the caller has hung up; `CallEnded` is also where this server lets go of the call."""
        ...


@dataclass(frozen=True, slots=True)
class Utterance:
    """A prompt in one language: the files that are played in order, the text as heard, its length in seconds."""

    files: tuple[Path, ...]
    text: str
    seconds: float


class Voice(Protocol):
    """Turns a prompt into sound files; knows which phrases exist."""

    @property
    def languages(self) -> Sequence[str]:
        """The languages that prompts exist in, e.g. ``["en"]``."""
        ...

    def render(self, prompt: Prompt, language: str, manner: Manner = Manner.PLAIN) -> Utterance:
        """The files and the text of a prompt. KeyError for a phrase that does not exist: the flow check keeps
        those from meeting a call."""
        ...

    def tune(self, tune: Tune) -> Utterance:
        """The file of a sound without words; its text says what it is, in parentheses."""
        ...

    def gaps(self, phrase: str, language: str) -> frozenset[str] | None:
        """The names of the gaps in a phrase, None where the language does not have the phrase."""
        ...
