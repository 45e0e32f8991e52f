"""One place for digits that must never be seen: outside repr, eq, hash, pickling, and wiped at every end.

Python cannot promise that no copy of a string stays in memory; keeping the digits in a bytearray and handing
out text only at the moment of use keeps the copies few and short-lived.
"""

from __future__ import annotations

from types import TracebackType
from typing import NoReturn


class Secret:
    """Digits in memory. ``reveal()`` at the moment of use, ``wipe()`` as soon as they are not needed."""

    __slots__ = ("_digits",)

    def __init__(self, digits: str = "") -> None:
        self._digits = bytearray(digits, "ascii")

    def append(self, digit: str) -> None:
        """Take one more key."""
        self._digits.extend(digit.encode("ascii"))

    def reveal(self) -> str:
        """The digits in clear. Keep the result in a local variable and drop it. ValueError after wiping."""
        return self._digits.decode("ascii")

    def wipe(self) -> None:
        """Overwrite the digits. Harmless when repeated."""
        for position in range(len(self._digits)):
            self._digits[position] = 0
        self._digits.clear()

    def __len__(self) -> int:
        return len(self._digits)

    def __repr__(self) -> str:
        return "<Secret>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled or copied")

    def __enter__(self) -> Secret:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()
