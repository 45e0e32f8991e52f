"""Prometheus metrics, and thin wrappers that time a port without the port knowing.

Names follow Prometheus' conventions: base units, ``_total`` for counters. Labels come from closed sets only (a
flow's steps, outcomes, operations), never from callers.
"""

from __future__ import annotations

import time
import weakref
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from socket import socket
from typing import TypeVar

from gevent import Greenlet
from gevent.pywsgi import WSGIServer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, make_wsgi_app
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from fs_app.domain.money import Money
from fs_app.domain.payment import (
    ChargeResult,
    Declined,
    OrderId,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.ports import ChargeRequest, Gateway, GatewayRecord, GatewayTrouble

T = TypeVar("T")

_FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)

_greenlets: weakref.WeakSet[Greenlet[..., object]] = weakref.WeakSet()
Greenlet.add_spawn_callback(_greenlets.add)


def _greenlets_alive() -> int:
    return sum(not greenlet.dead for greenlet in tuple(_greenlets))


class PromptHistogram(Collector):
    """A histogram that is written at every prompt: by one thread alone, so without the library's locks, which cost
    more than all else that is done there."""

    def __init__(self, name: str, documentation: str, bounds: Sequence[float]) -> None:
        self._name, self._documentation = name, documentation
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def collect(self) -> Iterable[Metric]:
        """For the registry."""
        names = [*map(floatToGoString, self._bounds), "+Inf"]
        buckets = list(zip(names, map(float, accumulate(self._counts)), strict=True))
        yield HistogramMetricFamily(self._name, self._documentation, buckets=buckets, sum_value=self._sum)


class Metrics:
    """Every metric of the ``calls`` process, in a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.calls = Counter("fs_app_calls", "Calls by how they ended", ["outcome"], registry=registry)
        self.active = Gauge("fs_app_calls_active", "Calls that are up", registry=registry)
        self.steps = Counter("fs_app_steps", "Steps by outcome", ["flow", "step", "outcome"], registry=registry)
        self.step_seconds = Histogram(
            "fs_app_step_seconds", "How long a step took", ["do"], buckets=_SLOW, registry=registry
        )
        self.endings = Counter(
            "fs_app_payments", "Payments by what the caller was told", ["ending"], registry=registry
        )
        self.reaction = PromptHistogram(
            "fs_app_reaction_seconds",
            "From the event that ends a prompt or completes an answer to the next command",
            _FAST,
        )
        registry.register(self.reaction)
        self.gateway = Histogram(
            "fs_app_gateway_seconds",
            "Answer time of the payment gateway",
            ["operation", "result"],
            buckets=_SLOW,
            registry=registry,
        )
        self.database = Histogram(
            "fs_app_database_seconds",
            "Time of a database transaction, waiting for a thread included",
            ["result"],
            buckets=_FAST,
            registry=registry,
        )
        self._add_health(registry)

    def _add_health(self, registry: CollectorRegistry) -> None:
        """What tells whether all is well, with the services, the switch and the process itself."""
        self.breakers = Gauge(
            "fs_app_breaker_open", "1 while a service is too slow or fails", ["service"], registry=registry
        )
        self.secrets_refused = Counter(
            "fs_app_secrets_refused",
            "Secrets that were not asked for, as they could be written down or heard",
            ["reason"],
            registry=registry,
        )
        self.critical = Gauge(
            "fs_app_switch_critical", "Critical findings at the switch: no card is asked for", registry=registry
        )
        self.refused = Gauge(
            "fs_app_programme_refused", "Changed flows, lines or phrases that are wrong: 1 yes", registry=registry
        )
        self.tasks = Counter("fs_app_tasks", "Looks at due work by outcome", ["kind", "outcome"], registry=registry)
        greenlets = Gauge("fs_app_greenlets", "Greenlets that are alive", registry=registry)
        greenlets.set_function(_greenlets_alive)
        ProcessCollector(registry=registry)  # process_open_fds, process_resident_memory_bytes and the like

    # --- what the jobs tell ---

    def task_worked(self, kind: str, outcome: str) -> None:
        """A claimed task was looked at."""
        self.tasks.labels(kind, outcome).inc()

    # --- what the call server tells (telephony.server.Watcher) ---

    def call_started(self) -> None:
        """A call was accepted."""
        self.active.inc()

    def call_ended(self, outcome: str) -> None:
        """An accepted call is over."""
        self.active.dec()
        self.calls.labels(outcome).inc()

    def call_refused(self) -> None:
        """A call came while the server was full."""
        self.calls.labels("refused").inc()

    def secret_refused(self, reason: str) -> None:
        """A secret was not asked for: it could have been written down or heard."""
        self.secrets_refused.labels(reason).inc()

    def reacted(self, seconds: float) -> None:
        """The next command went out so long after the event it follows."""
        self.reaction.observe(seconds)

    def service_judged(self, name: str, is_open: bool) -> None:
        """A service is not counted on any more, or is again."""
        self.breakers.labels(name).set(is_open)

    def programme_refused(self, refused: bool) -> None:
        """Whether the files of flows, lines and phrases are refused as they are now."""
        self.refused.set(refused)

    # --- what the database tells ---

    def database_answered(self, seconds: float, ok: bool) -> None:
        """A transaction ended."""
        self.database.labels("ok" if ok else "failed").observe(seconds)


class MeasuredGateway:
    """A Gateway that times another one; results are counted by their class."""

    def __init__(self, gateway: Gateway, metrics: Metrics) -> None:
        self._gateway = gateway
        self._metrics = metrics

    def _timed(self, operation: str, ask: Callable[[], T]) -> T:
        started = time.monotonic()
        result = ask()
        name = "none" if result is None else type(result).__name__.lower()
        self._metrics.gateway.labels(operation, name).observe(time.monotonic() - started)
        return result

    def authorise(self, request: ChargeRequest) -> ChargeResult:
        return self._timed("authorise", lambda: self._gateway.authorise(request))

    def submit(self, transaction_id: TransactionId, amount: Money) -> Submitted | Unavailable | Unknown:
        return self._timed("submit", lambda: self._gateway.submit(transaction_id, amount))

    def void(self, transaction_id: TransactionId) -> Voided | Unavailable | Unknown:
        return self._timed("void", lambda: self._gateway.void(transaction_id))

    def refund(
        self, transaction_id: TransactionId, amount: Money, order_id: OrderId
    ) -> Submitted | Declined | Unavailable | Unknown:
        return self._timed("refund", lambda: self._gateway.refund(transaction_id, amount, order_id))

    def find(self, order_id: OrderId) -> Sequence[GatewayRecord] | None:
        return self._timed("find", lambda: self._gateway.find(order_id))

    def look(self, transaction_id: TransactionId) -> GatewayRecord | None:
        return self._timed("look", lambda: self._gateway.look(transaction_id))

    def check(self) -> GatewayTrouble | None:
        return self._gateway.check()


class MetricsServer:
    """``GET /metrics`` on a loopback port, for Prometheus."""

    def __init__(self, metrics: Metrics, address: tuple[str, int] | socket) -> None:
        self._server = WSGIServer(address, make_wsgi_app(metrics.registry), log=None)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port or 0)

    def start(self) -> None:
        """Bind and serve; OSError where the port is taken."""
        self._server.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop(timeout=1)
