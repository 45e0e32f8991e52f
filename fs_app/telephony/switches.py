"""Every switch of the settings, each asked over its own event socket.

A connection is made for each question: a person clicks seldom, and nothing is kept that could be half dead. All
switches are asked at the same time, each with its deadline, so that one that stands still costs no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import gevent
import structlog

from fs_app.errors import SwitchError
from fs_app.telephony.inbound import EventSocket

log = structlog.get_logger()

Address = tuple[str, int]
SECONDS = 3.0


class Switches:
    """Where they are, and the password that all of them have."""

    def __init__(self, addresses: Sequence[Address], password: str, *, seconds: float = SECONDS) -> None:
        self._addresses = tuple(addresses)
        self._password = password
        self._seconds = seconds

    def ask_all(self, command: str) -> Mapping[Address, str | None]:
        """What each switch answers; None for one that does not in time."""
        asking = {each: gevent.spawn(partial(self.ask, each, command)) for each in self._addresses}
        gevent.joinall(list(asking.values()), timeout=self._seconds)
        for late in (each for each in asking.values() if not each.dead):
            late.kill(block=False)
        return {at: each.value if isinstance(each.value, str) else None for at, each in asking.items()}

    def ask(self, address: Address, command: str, *, seconds: float | None = None) -> str | None:
        """What one switch answers within its deadline, or within so many seconds; None where it does not."""
        close: Callable[[], None] = _nothing
        try:
            switch = EventSocket(address, self._password, seconds=seconds or self._seconds)
            close = switch.close
            return switch.api(command)
        except (OSError, SwitchError) as error:
            switch_at, reason = f"{address[0]}:{address[1]}", str(error)
            log.warning("a switch did not answer the console", switch=switch_at, reason=reason)
            return None
        finally:
            close()


def _nothing() -> None:
    """There is no connection to close."""
