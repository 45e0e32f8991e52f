"""Stock greenswitch 0.0.19, used as its documentation shows."""

from __future__ import annotations

import sys
from contextlib import suppress

from gevent import monkey

monkey.patch_all()

from greenswitch.esl import OutboundESLServer, OutboundSession, OutboundSessionHasGoneAway  # noqa: E402

from fs_app.bench.peers import script  # noqa: E402


class Script:
    """The call with play_and_get_digits."""

    def __init__(self, session: OutboundSession) -> None:
        self._session = session

    def run(self) -> None:
        """To its end."""
        with suppress(OutboundSessionHasGoneAway):
            self._play()

    def _play(self) -> None:
        session = self._session
        session.linger(10)
        session.send("event plain " + script.EVENTS)
        session.call_command("answer", block=True)
        for _ in range(script.ROUNDS):
            for _ in range(script.PROMPTS):
                session.playback(script.PROMPT)
            session.call_command("play_and_get_digits", script.GATHER_ARGUMENT, block=True)
        for name, value in script.VARIABLES:
            session.call_command("set", f"{name}={value}", block=True)
        session.hangup()


def main(port: int, _kind: str) -> None:
    """Serve for ever."""
    OutboundESLServer("127.0.0.1", port, Script, max_connections=100_000).listen()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
