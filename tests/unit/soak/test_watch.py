"""What is read of a process, on this very one."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import pytest

from fs_app.metrics import Metrics, MetricsServer
from fs_app.soak.watch import Watched, look, metrics


def test_this_process_holds_what_it_holds() -> None:
    before = look(Watched("us", os.getpid), 1.0, "quiet")
    with tempfile.TemporaryFile():
        after = look(Watched("us", os.getpid), 2.0, "load")
    assert before is not None and after is not None
    assert (after.at, after.process, after.phase, after.pid) == (2.0, "us", "load", os.getpid())
    assert after.fds == before.fds + 1
    assert 10_000 < after.own_kb < after.rss_kb
    assert after.threads >= threading.active_count() > 0


def test_a_process_that_is_gone_is_no_sample() -> None:
    assert look(Watched("gone", lambda: 2**22 + 1), 1.0, "quiet") is None
    assert look(Watched("never started", lambda: 0), 1.0, "quiet") is None


def test_what_the_kernel_does_not_tell_the_process_tells_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", refused)
    server = MetricsServer(Metrics(), ("127.0.0.1", 0))
    server.start()
    try:
        told = look(Watched("us", os.getpid, server.port), 1.0, "quiet")
        silent = look(Watched("us", os.getpid), 1.0, "quiet")
    finally:
        server.stop()
    assert told is not None and told.fds is not None and told.fds > 3 and told.greenlets is not None
    assert silent is not None and silent.fds is None


def test_metrics_are_summed_over_their_labels() -> None:
    told = Metrics()
    told.call_started()
    for outcome in ("finished", "finished", "hung_up"):
        told.calls.labels(outcome).inc()
    server = MetricsServer(told, ("127.0.0.1", 0))
    server.start()
    try:
        seen = metrics(server.port)
        sample = look(Watched("us", os.getpid, server.port), 1.0, "quiet")
    finally:
        server.stop()
    assert seen["fs_app_calls_total"] == 3 and seen["fs_app_calls_active"] == 1
    assert sample is not None and (sample.calls, sample.sessions) == (3, 1)
    assert metrics(server.port) == {}
