"""What the console needs of the settings and of conf/lines.yaml: rules for payments, and queues. No flow, and no
phrase, is read for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from fs_app.app.lines import own_rules
from fs_app.console.desk_rules import DeskRules
from fs_app.errors import ConfigError
from fs_app.settings import Settings


def load_desk_rules(settings: Settings) -> DeskRules:
    """As the files say it now; ConfigError with every mistake in conf/lines.yaml."""
    rules, queues = own_rules(settings)
    return DeskRules(rules, tuple(sorted({settings.line.queue, *queues})))


def kept_fresh(settings: Settings) -> Callable[[], DeskRules]:
    """The rules, read again when the file of the lines has changed; one that is wrong leaves them as they were."""
    known = load_desk_rules(settings)
    stamp = _stamp(settings)

    def current() -> DeskRules:
        nonlocal known, stamp
        now = _stamp(settings)
        if now != stamp:
            stamp = now
            with suppress(ConfigError):  # the workers say what is wrong with it, and keep to what they have
                known = load_desk_rules(settings)
        return known

    return current


def _stamp(settings: Settings) -> tuple[int, int] | None:
    try:
        status = settings.lines.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
