"""The Channel port over a session: one caller on one line.

Every wait ends by what is waited for, by the caller's hang-up (`CallEnded`, at once) or by a deadline: a prompt's
own length and a margin, the key times, the queue's time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from fs_app.domain.keys import Field, Heard, Verdict
from fs_app.domain.prompt import SILENCE, Manner, Prompt
from fs_app.errors import CallEnded
from fs_app.ports import Handover, Recorded, Voice
from fs_app.telephony import commands
from fs_app.telephony.answers import Answers
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.guard import Guard
from fs_app.telephony.headers import Frame
from fs_app.telephony.meanwhile import MUSIC, Meanwhile
from fs_app.telephony.privacy import Privacy
from fs_app.telephony.session import Session
from fs_app.telephony.speech import Speech, never
from fs_app.telephony.spoken import SpokenAnswers
from fs_app.telephony.timing import Timing
from fs_app.telephony.waiting import Stir
from fs_app.telephony.work import Work

T = TypeVar("T")


# With it, a server's death ends whatever the switch does for it, and the dialplan goes on: right while we talk to
# the caller, wrong while an agent does or the caller waits for one. Without it the dialplan goes on after that.
COME_BACK, STAY = ("set", "socket_resume=true"), ("set", "socket_resume=false")

# What a server that had the call before may have left: the last key of a card, a call that does not come back when
# its server dies, and the word that nothing has failed, which must not be said of us.
LEFT_BEHIND = (("unset", "last_matching_digits"), COME_BACK, ("set", "fs_app_moved=false"))


class Spawn(Protocol):
    """Runs a function in a greenlet that outlives the call, and is waited for when the server stops."""

    def __call__(self, function: Callable[[], None], /) -> object: ...


class SwitchChannel:
    """The Channel port over one session. ``spawn`` starts the work of ``play_while``; ``guard`` knows whether a
    secret may be asked for."""

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
        self._unbridged = False
        self.moved = self.talking = False
        session.on_end(self._stir.close)
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

    def hand_over(self, queue: str) -> Handover:
        """Send the caller to an agent queue of mod_callcenter and wait until that has ended. Should we die
        meanwhile, neither the wait nor the talk is cut.

        TALKED is returned when the talk is over, so that nothing that follows can cut it; in most cases the caller
        is gone by then, and the next method raises CallEnded. A caller who hangs up while waiting is CallEnded. A
        caller who comes back without having talked has the keypad again.
        """
        name = commands.queue_argument(queue)
        self._keypad.release(STAY, seconds=self._timing.margin)
        self._unbridged = False
        cause = self._session.execute("callcenter", name, seconds=self._timing.queue).event("variable_cc_cause")
        if cause == "answered":
            self.talking = True
            return self._talk()
        self._keypad.open(COME_BACK, seconds=self._timing.margin)
        return Handover.FAILED if cause is None else Handover.NOT_ANSWERED

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
        """Let go of the call, so that its dialplan (``socket_resume``) takes it to another server; the session is
        over then. That server is told that nothing has failed: the caller need not hear of it."""
        self._session.execute("set", "fs_app_moved=true", seconds=self._timing.margin)
        self.moved = True
        self._session.end("moved to another server")

    def leave_with_agent(self) -> None:
        """Let go of a caller who talks with an agent: the talk goes on, and its end is the call's."""
        self._privacy.recordings.unmask()
        self._session.end("left with the agent")

    def give_up(self) -> None:
        """Let go of the call for good: the servers that its dialplan still names pass it on to the way it has for
        itself, an apology and the queue."""
        self._privacy.recordings.unmask()
        self._session.execute("set", "fs_app_given_up=true", seconds=self._timing.margin)
        self._session.end("given up")

    # --- prompts ---

    def _typed(self) -> bool:
        return self._keypad.buffer.waiting

    # --- hand-over ---

    def _talk(self) -> Handover:
        over = self._stir.wait(lambda: self._unbridged or self._session.ended is not None, self._timing.talk)
        if not over:
            self._session.end("left with the agent")
        elif not self._stir.wait(lambda: self._session.ended is not None, 1.0):
            self._keypad.open(COME_BACK, seconds=self._timing.margin)  # the caller came back from the agent
            self.talking = False
        return Handover.TALKED

    def _happened(self, event: Frame) -> None:
        match event.event("Event-Name"):
            case "CHANNEL_UNBRIDGE":
                self._unbridged = True
                self._stir.set()
            case "MEDIA_BUG_START":
                self._privacy.happened(event)
            case "RECORD_STOP":
                self._spoken.ended(file := event.event("Record-File-Path") or "")
                self._privacy.recordings.stopped(file)
                self._stir.set()
