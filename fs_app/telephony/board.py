"""What each worker of one socket carries, in memory that they share: who carries least accepts first.

A cell is written by its own worker alone and read by the others without a lock: a number that is a moment old, or
half written, makes somebody hesitate for a millisecond or not. A worker that has written nothing for a second is
dead, stuck, or gone, and is not counted.
"""

from __future__ import annotations

import math
import mmap
import os
import time

_CELLS = 64  # the most workers that the settings allow
_BYTES = 2 * 8 * _CELLS  # for each when it wrote last, then for each what it carries: doubles
_ALIVE_SECONDS = 1.0


class Board:
    """The board that a descriptor leads to, seen by the worker of that number.

    ``descriptor`` is inherited from whoever made the board with `new_board`.
    """

    def __init__(self, descriptor: int, slot: int) -> None:
        self._slot = slot
        self._cells = memoryview(mmap.mmap(descriptor, _BYTES)).cast("d")

    def carry(self, calls: int) -> None:
        """This worker is alive and carries so many. To be said at each change, and twice a second at least."""
        self._cells[_CELLS + self._slot] = calls
        self._cells[self._slot] = time.monotonic()

    def least(self) -> float:
        """What the one of the others carries that carries least; infinite where there are no others."""
        alive = time.monotonic() - _ALIVE_SECONDS
        seen, carried = self._cells[:_CELLS].tolist(), self._cells[_CELLS:].tolist()
        seen[self._slot] = 0
        return min((calls for at, calls in zip(seen, carried, strict=True) if at > alive), default=math.inf)

    def leave(self) -> None:
        """This worker accepts nothing more."""
        self._cells[self._slot] = 0.0


def new_board() -> int:
    """The descriptor of an empty board, to be inherited by workers; the caller closes it."""
    descriptor = os.memfd_create("fs_app_calls")
    os.ftruncate(descriptor, _BYTES)
    return descriptor
