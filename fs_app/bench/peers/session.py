"""Our session, by itself: one greenlet a call over `telephony.session.Session`."""

from __future__ import annotations

import re
import sys

from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402
from gevent import socket  # noqa: E402

from fs_app.app.roles import settle  # noqa: E402
from fs_app.bench.peers import script  # noqa: E402
from fs_app.errors import CallEnded  # noqa: E402
from fs_app.telephony import commands  # noqa: E402
from fs_app.telephony.listener import Listener  # noqa: E402
from fs_app.telephony.session import Session  # noqa: E402

_SECONDS = 30.0

# The product never lets the switch collect digits (it would keep them), so the gate knows no such application.
commands.APPLICATIONS["play_and_get_digits"] = re.escape(script.GATHER_ARGUMENT)


def _play(session: Session) -> None:
    session.connect()
    session.execute("answer", seconds=_SECONDS)
    for _ in range(script.ROUNDS):
        for _ in range(script.PROMPTS):
            session.execute("playback", script.PROMPT, seconds=_SECONDS)
        session.execute("play_and_get_digits", script.GATHER_ARGUMENT, seconds=_SECONDS)
    for name, value in script.VARIABLES:
        session.execute("set", f"{name}={value}", seconds=_SECONDS)
    session.execute("hangup", "NORMAL_CLEARING", seconds=_SECONDS)


def _accepted(sock: socket.socket, address: object) -> None:
    session = Session(sock, address)
    try:
        _play(session)
    except CallEnded:
        pass
    finally:
        session.close()


def main(port: int, _kind: str) -> None:
    """Serve for ever."""
    listener = Listener(("127.0.0.1", port), _accepted, spawn=gevent.spawn, load=lambda: 0.0)
    listener.start()
    settle()
    gevent.sleep(1e9)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
