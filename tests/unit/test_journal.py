"""A call's one log line, and what Prometheus sees of it."""

import urllib.request

import structlog
from prometheus_client import generate_latest

from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, Submitted, TransactionId, Unavailable, Unknown
from fs_app.journal import CallJournal
from fs_app.metrics import MeasuredGateway, Metrics, MetricsServer
from fs_app.testing.fakes_payments import ScriptedGateway


def text_of(metrics):
    return generate_latest(metrics.registry).decode()


def test_one_line_a_call_with_its_path_and_outcome():
    metrics = Metrics()
    journal = CallJournal(metrics, uuid="u-1", flow="pay_balance", caller_id=None)
    journal.step("welcome", "announce", "done", 0.1)
    journal.step("charge", "charge", "approved", 2.0)
    journal.note({"payment": 7, "ending": "paid"})
    with structlog.testing.capture_logs() as lines:
        journal.close("finished")
    [line] = lines
    assert line["path"] == "welcome:done charge:approved"
    assert (line["event"], line["outcome"], line["uuid"]) == ("call", "finished", "u-1")
    assert (line["payment"], line["ending"], line["caller_id"]) == (7, "paid", "none")
    text = text_of(metrics)
    assert 'fs_app_steps_total{flow="pay_balance",outcome="approved",step="charge"} 1.0' in text
    assert 'fs_app_payments_total{ending="paid"} 1.0' in text
    assert 'fs_app_step_seconds_sum{do="charge"} 2.0' in text


def test_calls_are_counted_by_how_they_ended():
    metrics = Metrics()
    for _ in range(3):
        metrics.call_started()
    metrics.call_ended("finished")
    metrics.call_ended("hung_up")
    metrics.call_refused()
    text = text_of(metrics)
    assert "fs_app_calls_active 1.0" in text
    for outcome in ("finished", "hung_up", "refused"):
        assert f'fs_app_calls_total{{outcome="{outcome}"}} 1.0' in text


def test_the_gateway_is_timed_by_operation_and_result():
    metrics, gateway = Metrics(), ScriptedGateway()
    gateway.script["submit"].append(Unknown("no answer"))
    measured = MeasuredGateway(gateway, metrics)
    order = OrderId("nothing like it")
    assert isinstance(measured.submit(TransactionId("t"), Money(1, "USD")), Unknown)
    gateway.script["void"].append(Unavailable("it is settled"))
    assert not isinstance(measured.void(TransactionId("t")), Submitted)
    assert measured.look(TransactionId("t")) is None
    assert list(measured.find(order) or []) == []
    text = text_of(metrics)
    assert 'fs_app_gateway_seconds_count{operation="submit",result="unknown"} 1.0' in text
    assert 'fs_app_gateway_seconds_count{operation="find"' in text


def test_metrics_are_served_on_their_port():
    metrics = Metrics()
    metrics.database_answered(0.003, ok=True)
    metrics.reacted(0.0002)
    server = MetricsServer(metrics, ("127.0.0.1", 0))
    server.start()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    finally:
        server.stop()
    assert 'fs_app_database_seconds_count{result="ok"} 1.0' in text
    assert 'fs_app_reaction_seconds_bucket{le="0.0005"} 1.0' in text
