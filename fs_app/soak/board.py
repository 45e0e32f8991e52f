"""A switch in a process of its own, with its callers: it can be killed, stopped and cut off as a machine can.

``python -m fs_app.soak.board SOUNDS``: an order a line on standard input, an `Ended` a line on standard
output. It ends with its standard input.
"""

from __future__ import annotations

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import json
import sys
from collections.abc import Callable
from pathlib import Path

import gevent
from gevent.fileobject import FileObject
from gevent.lock import BoundedSemaphore

from fs_app.prompts.voice import load_voice
from fs_app.soak.caller import Caller, Ended
from fs_app.soak.ways import BY_NAME, EMPTY_QUEUE, FLOW, QUEUE, Errand
from fs_app.testing.switch import Agents, SimulatedSwitch, dialplan

_FORGET_SECONDS = 1.0


class Board:
    """A simulated switch and the calls on it."""

    def __init__(self, heard: Callable[[Path], str], told: Callable[[Ended], None]) -> None:
        agents = {QUEUE: Agents(after=0.2), EMPTY_QUEUE: Agents(answer=False, after=0.2)}
        self._switch = SimulatedSwitch([], agents=agents)
        self._heard = heard
        self._told = told

    def dial(self, errand: Errand) -> None:
        """Let somebody call; what became of it is told at the end."""
        gevent.spawn(self._call, errand)

    def cut(self) -> None:
        """The network breaks every connection."""
        for listener in list(self._switch.listeners):
            listener.close()

    def forget(self) -> None:
        """The switch keeps what others would have overheard; nobody looks at it here."""
        while True:
            gevent.sleep(_FORGET_SECONDS)
            self._switch.log.clear()
            self._switch.events.clear()

    def _call(self, errand: Errand) -> None:
        self._switch.dialplan = dialplan(errand.hosts, BY_NAME[errand.way].queue)
        variables = {"fs_app_flow": FLOW, "fs_app_queue": BY_NAME[errand.way].queue}
        call = self._switch.dial(errand.caller_id, variables=variables, stepped=True)
        self._told(Caller(errand, call, self._heard).run())


def main(sounds: Path) -> None:
    """Until standard input ends."""
    orders, results = FileObject(sys.stdin.fileno(), "rb"), FileObject(sys.stdout.fileno(), "wb", 0)
    writing = BoundedSemaphore(1)

    def tell(ended: Ended) -> None:
        with writing:
            results.write(json.dumps(ended.line()).encode() + b"\n")

    board = Board(load_voice(sounds).text_of, tell)
    gevent.spawn(board.forget)
    for line in orders:
        order = json.loads(line)
        if "cut" in order:
            board.cut()
        else:
            board.dial(Errand.read(order))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
