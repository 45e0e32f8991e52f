"""Logging: structlog to standard error, JSON for machines or colours for people, and a last gate for digits.

No module is meant to log a card digit; `mask_card_numbers` is the net below that rule, not the rule. Tracebacks
are rendered without local variables, and libraries' records (urllib3, gevent) pass through the same gate.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from fs_app.domain.card import MAX_NUMBER_LENGTH, MIN_NUMBER_LENGTH, luhn_ok

CHATTY = ("urllib3", "alembic")
"""Libraries that are heard from WARNING on."""
_RUN = re.compile(
    rf"(?<![0-9A-Za-z])[0-9](?:[ -]?[0-9]){{{MIN_NUMBER_LENGTH - 1},{MAX_NUMBER_LENGTH - 1}}}(?![0-9A-Za-z])"
)


def mask_card_numbers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace every run of 12 to 19 digits that passes the Luhn check, at any depth (PCI DSS 3.4)."""
    return {key: _masked(value) for key, value in event.items()}


def configure_logging(level: str = "info", style: str = "json", stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library's logging for this process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if style == "console"
        else structlog.processors.JSONRenderer()
    )
    trace = [structlog.processors.format_exc_info] if style == "json" else []
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *trace, mask_card_numbers, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *trace,
                mask_card_numbers,
                render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(number, logging.WARNING))


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _RUN.sub(_mask_run, value)
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


def _mask_run(match: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", match[0])
    return f"[card {digits[-4:]}]" if luhn_ok(digits) else match[0]
