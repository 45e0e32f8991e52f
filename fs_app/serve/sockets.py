"""Addresses that outlive the processes behind them: the supervisor binds them, its children inherit them.

So a fresh process serves before the one it replaces has left, nobody is refused meanwhile, and a second supervisor
with the same addresses is refused by the kernel.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Container, Mapping

from fs_app.serve.plan import CALLS, Address, Seat
from fs_app.telephony.listener import BACKLOG, bind

_VARIABLE = "FS_APP_SOCKETS"

Door = tuple[str, Address]
"""A socket's name and its address in the settings."""


def inherited(name: str, address: Address) -> socket.socket | Address:
    """The socket of that name that the supervisor has bound for us, or the address where there is no supervisor."""
    words = (word.partition("=") for word in os.environ.get(_VARIABLE, "").split())
    number = {name: int(number) for name, _, number in words}.get(name)
    if number is None:
        return address
    os.set_inheritable(number, False)
    return socket.socket(fileno=number)


def supervised() -> bool:
    """Whether a supervisor has started this process."""
    return _VARIABLE in os.environ


def for_child(sockets: Mapping[str, socket.socket]) -> dict[str, str]:
    """What the environment of a child says of the sockets it is handed."""
    return {_VARIABLE: " ".join(f"{name}={each.fileno()}" for name, each in sockets.items())}


class Sockets:
    """Every address of the supervisor's seats. The ``filename`` of an OSError is its key in the settings.

    The address for calls listens only while somebody is there to accept: the switch tries its next host rather than
    wait for nobody. The others listen from the start: a webhook can wait for a process that is being started.
    """

    def __init__(self) -> None:
        self._sockets: dict[Door, socket.socket] = {}
        self._open: set[Door] = set()

    def at(self, seat: Seat) -> dict[str, socket.socket]:
        """A seat's sockets by name, bound where they are not yet; OSError where an address is taken."""
        return {name: self._at((name, address)) for name, address in seat.addresses.items()}

    def settle(self, serving: Container[Door]) -> None:
        """Have an address for calls listen where somebody accepts from it, and only there."""
        for door, bound in self._sockets.items():
            if door[0] != CALLS or (door in serving) == (door in self._open):
                continue
            if door in serving:
                bound.listen(BACKLOG)
                self._open.add(door)
            else:
                bound.shutdown(socket.SHUT_RDWR)
                self._open.discard(door)

    def keep(self, wanted: Container[Door]) -> None:
        """Give every other address back."""
        for door in [door for door in self._sockets if door not in wanted]:
            self._sockets.pop(door).close()
            self._open.discard(door)

    def _at(self, door: Door) -> socket.socket:
        if door not in self._sockets:
            name, address = door
            try:
                if address[1] and address in {taken for _, taken in self._sockets}:
                    raise OSError(errno.EADDRINUSE, "")  # by ourselves, for something else
                bound = bind(address)
                if name != CALLS:
                    bound.listen(BACKLOG)
            except OSError as error:
                raise OSError(error.errno, os.strerror(error.errno or 0), name) from None
            self._sockets[door] = bound
        return self._sockets[door]
