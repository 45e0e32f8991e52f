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
from fs_app.telephony.board import Board, new_board
from fs_app.telephony.listener import BACKLOG, bind

_VARIABLE = "FS_APP_SOCKETS"
_BOARD = "board"

Door = tuple[str, Address]
"""A socket's name and its address in the settings."""


def inherited(name: str, address: Address) -> socket.socket | Address:
    """The socket of that name that the supervisor has bound for us, or the address where there is no supervisor."""
    number = _number(name)
    return address if number is None else socket.socket(fileno=number)


def inherited_board(slot: int) -> Board | None:
    """The board of the workers that share the socket for calls, seen by the one of that number."""
    number = _number(_BOARD)
    if number is None:
        return None
    try:
        return Board(number, slot)
    finally:
        os.close(number)


def _number(name: str) -> int | None:
    words = (word.partition("=") for word in os.environ.get(_VARIABLE, "").split())
    number = {name: int(number) for name, _, number in words}.get(name)
    if number is not None:
        os.set_inheritable(number, False)
    return number


def supervised() -> bool:
    """Whether a supervisor has started this process."""
    return _VARIABLE in os.environ


def for_child(descriptors: Mapping[str, int]) -> dict[str, str]:
    """What the environment of a child says of the descriptors it is handed."""
    return {_VARIABLE: " ".join(f"{name}={number}" for name, number in descriptors.items())}


class Sockets:
    """Every address of the supervisor's seats. The ``filename`` of an OSError is its key in the settings.

    The address for calls listens only while somebody is there to accept: the switch tries its next host rather than
    wait for nobody. The others listen from the start: a webhook can wait for a process that is being started.
    """

    def __init__(self) -> None:
        self._sockets: dict[Door, socket.socket] = {}
        self._boards: dict[Door, int] = {}
        self._open: set[Door] = set()

    def at(self, seat: Seat) -> dict[str, int]:
        """A seat's descriptors by name: its sockets, bound where they are not yet, and the board of those who share
        the one for calls. OSError where an address is taken."""
        found = {}
        for door in seat.addresses.items():
            found[door[0]] = self._at(door).fileno()
            if door in self._boards:
                found[_BOARD] = self._boards[door]
        return found

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
            if door in self._boards:
                os.close(self._boards.pop(door))

    def _at(self, door: Door) -> socket.socket:
        if door not in self._sockets:
            name, address = door
            try:
                if address[1] and address in {taken for _, taken in self._sockets}:
                    raise OSError(errno.EADDRINUSE, "")  # by ourselves, for something else
                bound = bind(address)
                if name == CALLS:
                    self._boards[door] = new_board()
                else:
                    bound.listen(BACKLOG)
            except OSError as error:
                raise OSError(error.errno, os.strerror(error.errno or 0), name) from None
            self._sockets[door] = bound
        return self._sockets[door]
