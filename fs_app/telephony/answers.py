"""What a caller answers: one question at a time, asked again as often as the universal keys want it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from fs_app.domain.keys import Entry, Field, Heard, Verdict
from fs_app.domain.prompt import SILENCE, Manner, Prompt, say
from fs_app.domain.secret import Secret
from fs_app.errors import CallEnded, NotProtected, SwitchError
from fs_app.ports import Typed
from fs_app.telephony.privacy import Privacy
from fs_app.telephony.session import Session
from fs_app.telephony.speech import Speech, never
from fs_app.telephony.timing import Timing
from fs_app.telephony.waiting import Stir

_TIMES = 12  # one question is said: what presses 9 for ever is no person
_SLOW_PATIENCE = 1.5  # the key times of a caller who wants it slower


class Judged(Protocol):
    """An answer, keyed or spoken."""

    @property
    def verdict(self) -> Verdict:
        """What it came to."""
        ...


J = TypeVar("J", bound=Judged)


class Answers:
    """The answers of one call."""

    def __init__(self, session: Session, speech: Speech, privacy: Privacy, timing: Timing, stir: Stir) -> None:
        self._session = session
        self._speech = speech
        self._privacy = privacy
        self._keypad = privacy.keypad
        self._timing = timing
        self._stir = stir
        self.interrupted: Callable[[], bool] = never
        """Whether something has come that goes before any answer."""
        self.typed: Typed | None = None

    def ask(self, prompt: Prompt, field: Field, longer: Prompt) -> Heard:
        """See `ports.Channel.ask`."""
        heard = self.repeat(prompt, longer, lambda prompt: self._ask_once(prompt, field))
        return heard or Heard(Verdict.SILENCE, Secret())

    def repeat(self, prompt: Prompt, longer: Prompt, ask_once: Callable[[Prompt], J]) -> J | None:
        """Ask until what comes is no wish to hear the question again, in which way ever; None where it always
        is."""
        first = SILENCE
        for _ in range(_TIMES):
            answer = ask_once(first + prompt)
            match answer.verdict:
                case Verdict.CLEARED | Verdict.REPEAT:
                    first = SILENCE
                case Verdict.SLOWER:
                    first = self._change_pace()
                case Verdict.HELP:
                    first, prompt = say("help"), longer or prompt
                case _:
                    return answer
        return None

    def _change_pace(self) -> Prompt:
        """Slow from now on, or no longer; the words that say so."""
        slow = self._speech.manner is not Manner.SLOW
        self._speech.manner = Manner.SLOW if slow else Manner.PLAIN
        return say("slower_now" if slow else "normal_now")

    def _ask_once(self, prompt: Prompt, field: Field) -> Heard:
        self._session.raise_if_disconnected()
        entry = Entry(field)
        self._keypad.heed(self._timing.run)
        self._count(entry)
        try:
            with self._privacy.asking(field, self._timing.margin):
                if not self._typed():
                    self._speech.say(prompt, cut_by=self._cut)
                    if not self._typed():
                        self._keypad.buffer.heard_out()
                keyed = self._take_keys(entry)
        except (CallEnded, SwitchError, NotProtected):
            self._break_off(entry, asked_at_once=False)
            raise
        verdict = keyed or (Verdict.INTERRUPTED if self.interrupted() else entry.pause())
        if verdict is Verdict.REFUSED:
            self._keypad.ignore()
        elif verdict is Verdict.INTERRUPTED:
            self._break_off(entry, asked_at_once=True)
        elif verdict is not Verdict.SILENCE:
            self._keypad.buffer.answered()
        if verdict is not Verdict.ENTERED:
            entry.secret.wipe()
        if keyed:
            self._session.reacting()
        return Heard(verdict, entry.secret, entry.reason)

    def _break_off(self, entry: Entry, *, asked_at_once: bool) -> None:
        """What the caller types on of it answers nothing: neither what is said meanwhile, nor, where it is
        ``asked_at_once`` again, that."""
        if len(entry.secret) or self._typed():
            self._keypad.ignore(typing=asked_at_once)
        entry.secret.wipe()

    def _count(self, entry: Entry) -> None:
        """For whoever counts along."""
        if self.typed is not None:
            self.typed(entry.field.name, len(entry.secret), entry.field.expects(entry.secret.reveal()))

    def _take_keys(self, entry: Entry) -> Verdict | None:
        """The first-key time, then the inter-key time after each key; None where a time passed without a key.

        Keys are taken where they come, in the hub: the call is woken by the last one of its answer, not by each.
        """
        verdict: Verdict | None = None
        patience = entry.field.patience
        if self._speech.manner is Manner.SLOW:
            patience *= _SLOW_PATIENCE

        def answered() -> bool:
            nonlocal verdict
            while verdict is None and not self._over() and (key := self._keypad.buffer.take()):
                verdict = entry.press(key)
                self._count(entry)
                self._stir.extend(self._timing.inter_key * patience)
            return verdict is not None or self._over()

        self._speech.until(answered, self._timing.first_key * patience)
        self._privacy.raise_if_lost()
        return verdict

    def _typed(self) -> bool:
        return self._keypad.buffer.waiting

    def _over(self) -> bool:
        """Nothing that is keyed now would be an answer."""
        return self._privacy.lost or self.interrupted()

    def _cut(self) -> bool:
        return self._keypad.buffer.waiting or self._over()
