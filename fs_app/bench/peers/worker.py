"""Our call server with its channel, as one of several workers that accept from one socket. It ends with its input,
and tells how many calls it took."""

from __future__ import annotations

import os
import sys

from gevent import monkey

monkey.patch_all()

from gevent.os import tp_read  # noqa: E402

from fs_app.app.roles import settle  # noqa: E402
from fs_app.bench.peers.channel import Prompts, play_script  # noqa: E402
from fs_app.metrics import Metrics  # noqa: E402
from fs_app.serve.plan import CALLS  # noqa: E402
from fs_app.serve.sockets import inherited, inherited_board  # noqa: E402
from fs_app.telephony.channel import SwitchChannel  # noqa: E402
from fs_app.telephony.connect import ConnectInfo  # noqa: E402
from fs_app.telephony.server import CallServer  # noqa: E402


def main(slot: int) -> None:
    """Serve until nobody wants it any more."""
    taken = 0

    def play(channel: SwitchChannel, info: ConnectInfo) -> None:
        nonlocal taken
        taken += 1
        play_script(channel, info)

    server = CallServer(
        inherited(CALLS, ("127.0.0.1", 0)),
        play,
        voice=Prompts(),
        language="en",
        queue="payments",
        limit=100_000,
        watcher=Metrics(),
        board=inherited_board(slot),
    )
    server.start()
    settle()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    tp_read(sys.stdin.fileno(), 1)
    sys.stdout.write(f"{taken}\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
