"""Where a call's place is kept, so that another server can go on with it."""

from __future__ import annotations

from typing import Protocol


class Checkpoints(Protocol):
    """One text for each call that is up, by the switch's uuid; nothing in it is ever a card's."""

    def keep(self, uuid: str, text: str) -> None:
        """Write it soon, in place of the one before. Never waits and never raises: a call goes on without."""
        ...

    def commit(self, uuid: str, text: str) -> bool:
        """Write it and wait until it is; False where the database did not take it in time."""
        ...

    def find(self, uuid: str) -> str | None:
        """What was written last. StoreUnavailable."""
        ...

    def drop(self, uuid: str) -> None:
        """The call is over: forget it soon. Never waits and never raises."""
        ...
