"""What a process tells whoever started it: it is ready, how many calls are up, why it cannot start.

The protocol is systemd's sd_notify(3), one datagram of ``NAME=value`` lines, so that the same words reach systemd
where a role is a unit of its own. Names of ours begin with ``X_``. The kernel says who sent a datagram.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import gevent
from gevent.socket import wait_read

READY, STOPPING, STATUS, WATCHDOG = "READY", "STOPPING", "STATUS", "WATCHDOG"
CALLS = "X_FS_APP_CALLS"  # how many are up
PROBLEMS = "X_FS_APP_PROBLEMS"  # why it cannot start, a JSON list

_VARIABLE = "NOTIFY_SOCKET"
_LONGEST = 16 * 1024
_MOST_PROBLEMS = 20
_PATIENCE_SECONDS = 2.0
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: unix(7)


def tell(**words: object) -> None:
    """One datagram to whoever started this process; nothing where nobody listens."""
    name = os.environ.get(_VARIABLE)
    if not name:
        return
    text = "\n".join(f"{word}={str(value).replace(chr(10), ' ')}" for word, value in words.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, suppress(OSError):
        line.settimeout(_PATIENCE_SECONDS)
        line.sendto(text.encode()[:_LONGEST], "\0" + name[1:] if name.startswith("@") else name)


def tell_problems(problems: Sequence[object]) -> None:
    """Why this process cannot start."""
    told = [str(problem) for problem in problems[:_MOST_PROBLEMS]]
    tell(**{PROBLEMS: json.dumps(told), STATUS: f"{len(problems)} problems with the configuration"})


class Notices:
    """Hears what children tell. ``heard`` gets the process id and the words."""

    def __init__(self, heard: Callable[[int, Mapping[str, str]], None]) -> None:
        self._heard = heard
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind("")  # the kernel chooses an abstract name
        self._socket.setblocking(False)
        self._loop: gevent.Greenlet[..., None] | None = None

    def for_child(self) -> dict[str, str]:
        """What the environment of a child says of it."""
        name: bytes = self._socket.getsockname()
        return {_VARIABLE: "@" + name[1:].decode()}

    def start(self) -> None:
        """Hear from now on."""
        self._loop = gevent.spawn(self._listen)

    def stop(self) -> None:
        """Hear nothing more."""
        if self._loop is not None:
            self._loop.kill()
        self._socket.close()

    def catch_up(self) -> None:
        """Hear what was told already: the last words of a process that has ended."""
        with suppress(BlockingIOError):
            while True:
                text, ancillary, _, _ = self._socket.recvmsg(_LONGEST, socket.CMSG_SPACE(_CREDENTIALS.size))
                for level, kind, value in ancillary:
                    if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                        self._heard(_CREDENTIALS.unpack(value)[0], _words(text))

    def _listen(self) -> None:
        while True:
            wait_read(self._socket.fileno())
            self.catch_up()


def _words(text: bytes) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.decode(errors="replace").splitlines() if "=" in line)
