"""Accepts the switch's connections, alone or beside other processes that hold the same socket.

Several workers share one socket, with one queue in the kernel, instead of one port with a queue each
(SO_REUSEPORT). The switch connects and says nothing until we do, so a connection in the queue of a worker that is
stuck is a silent call, and one in the queue of a worker that leaves is reset. In a common queue it waits for
whoever is free, and a worker may leave or die at any moment without losing one. The kernel refuses the port to
others.

The common queue has no fairness of its own: the process that wakes first would get most calls and be full while the
other idles. So who carries more than another one hesitates for a millisecond, and that one comes first: what each
carries is on their `board`. Nobody is waited for longer than that, but by one that is full.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import gevent
import structlog
from gevent.socket import wait_read

from fs_app.telephony.board import Board

log = structlog.get_logger()

BACKLOG = 4096  # a shorter one loses calls of a burst without a trace: the switch waits for us to speak first
_HESITATION_SECONDS = 0.001  # of a worker that carries more than another
_FULL_SECONDS = 0.02  # of one that would have to refuse the call
_SLACK = 8  # an eighth more is no more: in a burst, nobody hesitates at each call
_AT_ONCE = 128  # accepted in one go, in some milliseconds: a burst is not kept waiting behind the calls that are up
_BEAT_SECONDS = 0.25
_SHUT_SECONDS, _TROUBLE_SECONDS = 0.005, 0.2


def bind(address: tuple[str, int]) -> socket.socket:
    """A socket at that address that does not listen yet; OSError where the address is taken.

    It keeps its port for good, also one that the kernel chose: it may be shut and listen again.
    """
    if address[1] == 0:
        with socket.socket() as chosen:
            chosen.bind(address)
            address = chosen.getsockname()
    sock = socket.socket()
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


class Listener:
    """Hands each connection to ``accepted`` in a greenlet of ``spawn``, and closes it when that returns.

    ``listen`` is an address of our own, or a socket that others accept from as well: whoever bound that one says
    when it listens, and ``board`` is where they all tell what they carry. ``load`` is how full we are, 0 to 1.
    """

    def __init__(
        self,
        listen: tuple[str, int] | socket.socket,
        accepted: Callable[[socket.socket, object], None],
        *,
        spawn: Callable[..., object],
        load: Callable[[], float],
        board: Board | None = None,
    ) -> None:
        self._listen = listen
        self._accepted = accepted
        self._spawn = spawn
        self._load = load
        self._board = board
        self._carried = 0
        self._port = 0
        self._socket: socket.socket | None = None
        self._loops: list[gevent.Greenlet[..., None]] = []

    @property
    def port(self) -> int:
        """The port it accepts on; 0 before it has started."""
        return self._port

    def start(self) -> None:
        """Accept from now on; OSError where the address is taken."""
        if isinstance(self._listen, socket.socket):
            self._socket = self._listen
        else:
            self._socket = bind(self._listen)
            self._socket.listen(BACKLOG)
        self._socket.setblocking(False)
        self._port = int(self._socket.getsockname()[1])
        self._loops.append(gevent.spawn(self._accept, self._socket))
        if self._board is not None:
            self._loops.append(gevent.spawn(self._beat, self._board))

    def stop(self) -> None:
        """Accept nothing more. What waits in a socket of our own is reset, and the switch tries its next host; what
        waits in a shared one is for the others."""
        gevent.killall(self._loops)
        if self._board is not None:
            self._board.leave()
            self._board = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _accept(self, listening: socket.socket) -> None:
        while True:
            wait_read(listening.fileno())
            hesitation = self._hesitation()
            if hesitation:
                gevent.sleep(hesitation)
            try:
                for _ in range(_AT_ONCE):
                    connection, address = listening.accept()
                    self._carry(1)
                    self._spawn(self._serve, connection, address)
                    if not hesitation and self._hesitation():
                        break
            except BlockingIOError:
                continue  # nobody is left in the queue
            except OSError as error:
                if error.errno == errno.EINVAL:  # it does not listen, or not yet
                    gevent.sleep(_SHUT_SECONDS)
                    continue
                log.error("a connection was not accepted", reason=error.strerror)
                gevent.sleep(_TROUBLE_SECONDS)

    def _hesitation(self) -> float:
        """How long somebody who carries less may need to come first."""
        if self._board is None:
            return 0.0
        least = self._board.least()
        if self._load() >= 1:
            return _FULL_SECONDS if self._carried > least else 0.0
        return _HESITATION_SECONDS if self._carried > least + least // _SLACK else 0.0

    def _carry(self, more: int) -> None:
        self._carried += more
        if self._board is not None:
            self._board.carry(self._carried)

    def _beat(self, board: Board) -> None:
        """As long as this hub turns, the others count on us."""
        while True:
            board.carry(self._carried)
            gevent.sleep(_BEAT_SECONDS)

    def _serve(self, connection: socket.socket, address: object) -> None:
        try:
            with connection:
                self._accepted(connection, address)
        finally:
            self._carry(-1)
