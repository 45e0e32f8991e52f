"""What a caller is told: a prompt becomes one playback, which is cut when something is more urgent."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from fs_app.domain.prompt import Manner, Prompt
from fs_app.errors import SwitchError
from fs_app.ports import Tune, Voice
from fs_app.telephony import commands
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing
from fs_app.telephony.waiting import Stir

_REMEMBERED = 8
_BREAK_SECONDS = 0.06  # a break ends a playback within two media ticks of 20 ms
_TOLD_SECONDS = 1.0  # a transfer ends a prompt, and the switch says 20 ms later that it was one
_AWAY_SECONDS = 60.0  # on hold, or in a transfer
_TIMES = 4  # one prompt is said in a talk that breaks it off


def never() -> bool:
    """Nothing is more urgent."""
    return False


class Talk(Protocol):
    """A talk with a person, as far as a prompt in it is concerned."""

    @property
    def leg(self) -> str:
        """The leg that the caller talks with; empty in the middle of a transfer."""
        ...

    @property
    def on_hold(self) -> bool:
        """Whether the person has put the caller on hold."""
        ...

    @property
    def talking(self) -> bool:
        """Whether a person has answered, and the talk is not over."""
        ...


class Speech:
    """The voice of one call, its language and its manner. Every wait in it ends when the caller hangs up.

    A prompt that a transfer breaks off, which the switch calls a playback error, or that the music of a hold would
    play in, is said again when the caller talks with somebody, or with nobody any more: ``talk`` knows.
    """

    def __init__(
        self, session: Session, uuid: str, voice: Voice, timing: Timing, stir: Stir, *, language: str
    ) -> None:
        self._session = session
        self._uuid = uuid
        self.voice = voice
        self._timing = timing
        self._stir = stir
        self.language = language
        self.manner = Manner.PLAIN
        self.last: deque[Prompt] = deque(maxlen=_REMEMBERED)
        """What was said last."""
        self.talk: Talk | None = None

    def say(
        self,
        prompt: Prompt,
        *,
        then: Tune | None = None,
        cut_by: Callable[[], bool] = never,
        lost_after: float = math.inf,
    ) -> bool:
        """Say a prompt to its end, or until ``cut_by`` holds. True where it was said; nothing is, where it is
        empty.

        SwitchError where the switch does not play it, SwitchTimeout where it does not end; one that is cut and has
        not ended so many seconds later was lost on its way.
        """
        if not prompt and then is None:
            return False
        if prompt:
            self.last.append(prompt)
        utterance = self.voice.render(prompt, self.language, self.manner)
        files, seconds = utterance.files, utterance.seconds
        if then is not None:
            tune = self.voice.tune(then)
            files, seconds = files + tune.files, seconds + tune.seconds
        paths, talks = [str(path) for path in files], self.talk is not None and self.talk.talking
        if talks:
            self._say_in_talk(paths, seconds, cut_by)
        else:
            self.sound(paths, seconds, cut_by=cut_by, lost_after=lost_after)
        return True

    def sound(
        self,
        files: Sequence[str],
        seconds: float,
        *,
        cut_by: Callable[[], bool],
        whole: bool = True,
        lost_after: float = math.inf,
    ) -> None:
        """Play what lasts so long, or, where it is not to be heard as a ``whole``, so long of it; as `say`."""
        until = time.monotonic() + seconds + self._timing.margin
        playback = self._session.start("playback", commands.files_argument(files))
        playback.on_done(self._stir.set)
        patience = until - time.monotonic() if whole else seconds
        enough = self.until(lambda: playback.done or cut_by(), patience) or not whole
        until = min(until, time.monotonic() + lost_after)
        # Again and again: a break that reaches the switch before it has begun to play is lost.
        while enough and (cut_by() or not whole) and not playback.done and time.monotonic() < until:
            self._session.start_api("uuid_break", self._uuid)
            self.until(lambda: playback.done, _BREAK_SECONDS)
        response = playback.wait(0).event("Application-Response", last=True)
        if response != "FILE PLAYED":
            names = ", ".join(file.rpartition("/")[2] for file in files)
            raise SwitchError(f"the switch did not play {names}: {response}")

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds; False after so many seconds, CallEnded at hang-up."""
        held = self._session.ended is not None or self._stir.wait(condition, seconds)
        self._session.raise_if_disconnected()
        return held

    def _say_in_talk(self, files: Sequence[str], seconds: float, cut_by: Callable[[], bool]) -> None:
        """As `sound`, again where the talk broke it off. Whom somebody leaves on hold for long is not told."""
        broken = False

        def breaks() -> bool:
            nonlocal broken
            broken = broken or self._is_away()
            return broken or cut_by()

        for times_left in reversed(range(_TIMES)):
            if not self.until(lambda: not self._is_away() or cut_by(), _AWAY_SECONDS) or cut_by():
                return
            broken, talks_no_more = False, partial(self._has_left, self._leg())
            try:
                self.sound(files, seconds, cut_by=breaks)
            except SwitchError:
                if not times_left or not self.until(talks_no_more, _TOLD_SECONDS):
                    raise
            else:
                if not broken:
                    return

    def _leg(self) -> str:
        """The leg that the caller talks with."""
        return self.talk.leg if self.talk is not None and self.talk.talking else ""

    def _has_left(self, leg: str) -> bool:
        return self._leg() != leg or self._is_away()

    def _is_away(self) -> bool:
        """Whether the caller is on hold, or in the middle of a transfer."""
        talk = self.talk
        return talk is not None and talk.talking and (talk.on_hold or not talk.leg)
