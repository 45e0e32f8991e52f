"""A gateway's answer, even from one that breaks its promise and raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from fs_app.domain.payment import Unknown

T = TypeVar("T")

_log = structlog.get_logger(__name__)


def answer_of(ask: Callable[[], T]) -> T | Unknown:
    """What the gateway says. An exception is told by its type alone: its text and its members may hold a card."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  whatever it is, the money may have moved
        kind = type(error).__name__
    _log.error("gateway_raised", error=kind)
    return Unknown(f"the gateway's adapter failed ({kind})")
