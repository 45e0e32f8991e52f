"""What a caller hears while we work: a sentence, then music with a word every few seconds, until it is done."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from fs_app.domain.prompt import Prompt, say
from fs_app.errors import SwitchError
from fs_app.ports import Tune
from fs_app.telephony.speech import Speech
from fs_app.telephony.timing import Timing

log = structlog.get_logger()

MUSIC, NOTHING = "music", "silence"
"""What can be heard between two words, besides a ``local_stream://`` of the switch."""


class Meanwhile:
    """The waiting of one call; ``sound`` is `MUSIC`, `NOTHING` or the address of a stream."""

    def __init__(self, speech: Speech, uuid: str, timing: Timing, *, sound: str) -> None:
        self._speech = speech
        self._uuid = uuid
        self._timing = timing
        self._sound = sound

    @property
    def sound(self) -> str:
        """What can be heard between two words, as the switch plays it; empty where that is nothing."""
        if self._sound == MUSIC:
            return str(self._speech.voice.tune(Tune.MUSIC).files[0])
        return "" if self._sound == NOTHING else self._sound

    def say_until(self, prompt: Prompt, done: Callable[[], bool]) -> None:
        """Say the prompt to its end, then let the caller hear that we are there until ``done`` holds.

        What cannot be played is logged, and the wait goes on without it.
        """
        self._try(lambda: self._speech.say(prompt))
        due = time.monotonic() + self._timing.word
        if self._speech.until(done, self._timing.gap):
            return
        while not done():
            self._fill(due, done)
            if not done():
                self._try(lambda: self._speech.say(say("still_working"), cut_by=done))
            due = time.monotonic() + self._timing.word

    def _fill(self, due: float, done: Callable[[], bool]) -> None:
        """Until the next word is due."""
        while not done() and (left := due - time.monotonic()) > 0:
            if not self.sound or not self._play(left, done):
                self._speech.until(done, left)

    def _play(self, seconds: float, done: Callable[[], bool]) -> bool:
        return self._try(lambda: self._speech.sound([self.sound], seconds, cut_by=done, whole=False))

    def _try(self, play: Callable[[], object]) -> bool:
        try:
            play()
        except SwitchError as error:
            log.error("no prompt while working", call=self._uuid, problem=str(error))
            return False
        return True
