"""A caller on the simulated switch who knows what to key at each question, for tests that read as a call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import gevent

from fs_app.testing.switch import SimulatedSwitch, What

DEADLINE = 15.0
PAYING = {
    "enter_account_number": "10001#",
    "enter_pin": "1234",
    "pay_full": "1",
    "enter_card_number": "4012888888881881",
    "enter_expiry": "0931",
    "enter_security_code": "987",
    "enter_postal_code": "94107",
    "confirm_payment": "1",
}


def until(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Wait until the condition holds; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        gevent.sleep(0.01)


class Phone:
    """A caller who answers each question by its phrase and remembers what was said. ``inband``: by tones."""

    def __init__(
        self, world, switch: SimulatedSwitch, answers: Mapping[str, str] = PAYING, *, inband: bool = False
    ) -> None:
        self.call = switch.dial(stepped=True, inband=inband)
        self.said: list[str] = []
        self.queue = ""
        self._heard = world.voice.text_of
        self._answers = answers

    def go_on(self, stop_at: str = "") -> None:
        """Answer until the phrase is said, or until the call is over or with an agent."""
        while True:
            happening = self.call.next(DEADLINE)
            assert happening is not None, f"silence after: {self.call.story}"
            if happening.what is What.QUEUED:
                self.queue = happening.detail
                return
            if happening.what is What.HUNG_UP:
                return
            if happening.what is not What.PROMPT:
                continue
            self.said.append(happening.spoken(self._heard))
            phrases = [path.name.split(".")[0] for path in happening.files]
            if stop_at in phrases:
                return
            keys = [self._answers[phrase] for phrase in phrases if phrase in self._answers]
            if keys:
                self.call.press(keys[-1])
            else:
                self.call.hear_out()

    @property
    def heard(self) -> str:
        return "\n".join(self.said)
