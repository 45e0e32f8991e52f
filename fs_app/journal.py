"""A call's path through its flow: one log line when it ends, and its counts."""

from __future__ import annotations

import time
from collections.abc import Mapping

import structlog

from fs_app.metrics import Metrics

log = structlog.get_logger()


class CallJournal:
    """Implements `ports.Journal` for one call. ``path`` reads ``welcome:done who:found pay:approved``."""

    def __init__(self, metrics: Metrics, *, uuid: str, flow: str, caller_id: str | None) -> None:
        self._metrics = metrics
        self._flow = flow
        self._started = time.monotonic()
        self._path: list[str] = []
        self._facts: dict[str, str | int] = {"uuid": uuid, "flow": flow, "caller_id": caller_id or "none"}

    def step(self, name: str, kind: str, outcome: str, seconds: float) -> None:
        self._path.append(f"{name}:{outcome}")
        self._metrics.steps.labels(self._flow, name, outcome).inc()
        self._metrics.step_seconds.labels(kind).observe(seconds)

    def note(self, values: Mapping[str, str | int]) -> None:
        self._facts.update(values)
        if "ending" in values:
            self._metrics.endings.labels(str(values["ending"])).inc()

    def close(self, outcome: str) -> None:
        """Write the line. ``outcome``: finished, caller_hung_up, agent, failed ..."""
        log.info(
            "call",
            outcome=outcome,
            path=" ".join(self._path),
            seconds=round(time.monotonic() - self._started, 2),
            **self._facts,
        )
