"""The Channel port over a session: one caller on one line.

Every wait ends by what is waited for, by the caller's hang-up (`CallEnded`, at once) or by a deadline: a prompt's
own length and a margin, the key times, the queue's time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from fs_app.domain.destination import Destination
from fs_app.domain.keys import Field, Heard, Verdict
from fs_app.domain.prompt import SILENCE, Manner, Prompt, discreet
from fs_app.errors import CallEnded
from fs_app.ports import NO_CODES, Codes, Recorded, Typed, Voice
from fs_app.telephony.answers import Answers
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.guard import Guard
from fs_app.telephony.headers import Frame
from fs_app.telephony.meanwhile import MUSIC, Meanwhile
from fs_app.telephony.person import SwitchPerson
from fs_app.telephony.privacy import Privacy
from fs_app.telephony.session import Session
from fs_app.telephony.speech import Speech, never
from fs_app.telephony.spoken import SpokenAnswers
from fs_app.telephony.timing import Timing
from fs_app.telephony.waiting import Stir
from fs_app.telephony.way import COME_BACK
from fs_app.telephony.work import Work

T = TypeVar("T")


# What a server that had the call before may have left: the last key of a card, a call that does not come back when
# its server dies, and the word that nothing has failed, which must not be said of us.
LEFT_BEHIND = (("unset", "last_matching_digits"), COME_BACK, ("set", "fs_app_moved=false"))


class Spawn(Protocol):
    """Runs a function in a greenlet that outlives the call, and is waited for when the server stops."""

    def __call__(self, function: Callable[[], None], /) -> object: ...


class SwitchChannel:
    """The Channel port over one session. ``spawn`` starts the work of ``play_while``; ``guard`` knows whether a
    secret may be asked for; with ``silence`` a person never hears a caller who keys a secret, even where the keys
    are no tones."""

    def __init__(
        self,
        session: Session,
        info: ConnectInfo,
        voice: Voice,
        *,
        language: str,
        timing: Timing,
        spawn: Spawn,
        guard: Guard | None = None,
        waiting: str = MUSIC,
        recordings: Path | None = None,
        silence: bool = False,
    ) -> None:
        self._session = session
        self._info = info
        self._timing = timing
        self._spawn = spawn
        self._stir = Stir(session.seat)
        self._privacy = Privacy(session, info, guard or Guard(), on_stir=self._stir.set)
        self._keypad = self._privacy.keypad
        self._speech = Speech(session, info.uuid, voice, timing, self._stir, language=language)
        self._answers = Answers(session, self._speech, self._privacy, timing, self._stir)
        self._spoken = SpokenAnswers(session, info, self._speech, self._privacy, timing, recordings)
        self._meanwhile = Meanwhile(self._speech, info.uuid, timing, sound=waiting)
        self._silence = silence
        self._person: SwitchPerson | None = None
        self.moved = False
        session.on_end(self._stir.close)
        session.on_end(self._let_go)
        session.on_event(self._happened)

    @property
    def uuid(self) -> str:
        """The switch's uuid of the caller's leg."""
        return self._info.uuid

    @property
    def language(self) -> str:
        """The language prompts are spoken in."""
        return self._speech.language

    @language.setter
    def language(self, language: str) -> None:
        self._speech.language = language

    @property
    def voice(self) -> Voice:
        """Whose recordings are played."""
        return self._speech.voice

    @voice.setter
    def voice(self, voice: Voice) -> None:
        self._speech.voice = voice

    @property
    def manner(self) -> Manner:
        """How prompts are spoken."""
        return self._speech.manner

    @manner.setter
    def manner(self, manner: Manner) -> None:
        self._speech.manner = manner

    def words(self, prompt: Prompt) -> str:
        """A prompt as the caller hears it."""
        return self._speech.voice.render(prompt, self.language, self.manner).text

    def answer(self) -> None:
        """Take the call and get its keypad ready, in one write; what another server left behind is set right."""
        left_behind = LEFT_BEHIND if self._info.attempt > 1 or self._info.moved else ()
        # What is typed on of an answer to a dead server answers nothing, nor does what was keyed in a talk that no
        # server was in: the switch keeps both for whoever comes.
        if left_behind and (self._info.talked or not self._info.moved):
            self._keypad.ignore()
        if left_behind:  # a caller whom it had silenced towards a person; refused where it had not
            self._session.start_api("uuid_audio", f"{self.uuid} stop")
        if left_behind and self._info.talked:  # it died as the talk ended: nobody else has to come for the caller
            self._session.start_api("sched_del", self.uuid)
        self._privacy.recordings.learn(left_masked=bool(left_behind))
        self._keypad.open(("answer", ""), *left_behind, seconds=2 * self._timing.margin)

    def play(self, prompt: Prompt, *, interruptible: bool = True) -> None:
        """Say a prompt as one command; nothing where it is empty, or keys typed early already broke it."""
        self._session.raise_if_disconnected()
        typed = self._typed if interruptible else never
        if not typed() and self._speech.say(prompt, cut_by=typed):
            self._session.reacting()

    def ask(self, prompt: Prompt, field: Field, *, longer: Prompt = SILENCE) -> Heard:
        """Say a prompt and take one answer; the universal keys say it again."""
        return self._answers.ask(prompt, field, longer)

    def record(self, prompt: Prompt, seconds: float, *, longer: Prompt = SILENCE) -> Recorded:
        """Say a prompt and a beep, and record one sentence of the caller; the universal keys say it again."""
        recorded = self._answers.repeat(prompt, longer, lambda prompt: self._spoken.record(prompt, seconds))
        return recorded or Recorded(Verdict.SILENCE)

    def play_while(self, prompt: Prompt, work: Callable[[], T]) -> T:
        """Say a prompt to its end while ``work`` runs; what is heard after that ends with the work.

        ``work`` has deadlines of its own. A prompt that cannot be played does not lose its result.
        """
        self._session.raise_if_disconnected()
        running = Work(work, on_done=self._stir.set)
        self._spawn(running.run)
        try:
            self._meanwhile.say_until(prompt, lambda: running.done)
        except CallEnded:
            running.abandoned = True
            raise
        return running.result()

    def forget_keys(self) -> None:
        """Drop what was typed early."""
        self._keypad.buffer.forget()

    def heard(self) -> Sequence[str]:
        """What the caller heard last."""
        voice = self._speech.voice
        return [voice.render(discreet(prompt), self.language).text for prompt in self._speech.last]

    def watch(self, typed: Typed | None) -> None:
        """Tell how many keys of a question there are."""
        self._answers.typed = typed

    def seek(self, destination: Destination, *, reference: str = "", codes: Codes = NO_CODES) -> SwitchPerson:
        """The way to where people are."""
        person = self._person = SwitchPerson(
            self._session,
            self._info,
            self._privacy,
            self._timing,
            self._stir,
            self._speech.say,
            destination,
            reference=reference,
            codes=codes,
            silence=self._silence or self._info.inband,
            sound=self._meanwhile.sound,
            uprooted=self.uprooted,
        )
        self._answers.interrupted = person.interrupts
        self._speech.talk = person
        return person

    @property
    def talking(self) -> bool:
        """Whether the caller talks with a person."""
        return self._person is not None and self._person.talking

    @property
    def may_be_left(self) -> bool:
        """Whether that talk can go on without us now: no payment is taken in it, and no key of one can be heard."""
        return self._person is not None and self.talking and not self._person.shields and self._privacy.calm

    @property
    def uprooted(self) -> bool:
        """Whether the switch has parked the caller after a talk, and they are at no place of their dialplan: until
        `move_on`."""
        return self._person is not None and self._person.uprooted and not self._person.talking

    def hang_up(self) -> None:
        """End the call; harmless where it has ended."""
        if self._session.ended is None:
            self._session.start("hangup", "NORMAL_CLEARING")
            self._stir.wait(lambda: self._session.ended is not None, self._timing.margin)

    @property
    def hung_up(self) -> bool:
        """True where the caller has hung up, as far as the switch said; a session may also end otherwise."""
        return self._session.hung_up

    def move_on(self) -> None:
        """Let go of the call, so that its dialplan takes it to another server, or to this one again; the session is
        over then. That server is told that nothing has failed: the caller need not hear of it.

        The dialplan goes on where it was (``socket_resume``); a caller who was parked after a talk is taken there
        by what the switch was told before it (`way`).
        """
        self._session.execute("set", "fs_app_moved=true", seconds=self._timing.margin)
        self.moved = True
        self._session.end("moved to another server")

    def stop_paying(self) -> None:
        """End a payment in a talk in good order, as we have to let go of the call. Nothing is waited for."""
        if self._person is not None:
            self._person.stop_payment()

    def leave_with_agent(self, *, patience: float = 0.0) -> None:
        """Let go of a caller who talks with an agent: the talk goes on, and after it another server has them. Who
        keys a card goes on in silence, unless they stop within ``patience`` seconds."""
        self._privacy.calm_down(patience)
        self._privacy.leave()
        with suppress(CallEnded):
            self._session.start("set", "fs_app_moved=true")
        self._session.end("left with the agent")

    def give_up(self) -> None:
        """Let go of the call for good: the servers that its dialplan still names pass it on to the way it has for
        itself, an apology and the queue."""
        self._privacy.leave()
        self._session.execute("set", "fs_app_given_up=true", seconds=self._timing.margin)
        self._session.end("given up")

    # --- parts ---

    def _typed(self) -> bool:
        return self._keypad.buffer.waiting

    def _let_go(self) -> None:
        """Nobody interrupts any more, or talks: no circle is left (see `Session.close`)."""
        self._answers.interrupted, self._speech.talk = never, None

    def _happened(self, event: Frame) -> None:
        ours = event.event("Unique-ID") == self.uuid  # a person's leg has recordings of its own
        match event.event("Event-Name"):
            case "MEDIA_BUG_START" | "MEDIA_BUG_STOP" if ours:
                self._privacy.happened(event)
            case "RECORD_STOP" if ours:
                self._spoken.ended(file := event.event("Record-File-Path") or "")
                self._privacy.recordings.stopped(file)
                self._stir.set()
            case _ if self._person is not None:
                self._person.happened(event)
