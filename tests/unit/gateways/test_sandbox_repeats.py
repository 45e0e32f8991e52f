"""The same request twice at the local gateway: while the first is underway, after it failed, after its window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pytest
from braintree.exceptions.http.connection_error import ConnectionError as SdkConnectionError
from braintree.exceptions.server_error import ServerError
from braintree.exceptions.service_unavailable_error import ServiceUnavailableError

from fs_app.gateways.sandbox import SandboxServer

SALE = "POST /transactions$"
DELAY = 1.5  # of what is asked meanwhile, on a busy machine too


def params(**more: Any) -> dict[str, Any]:
    card = {"number": "4111111111111111", "expiration_date": "05/2031"}
    return {"amount": "10.00", "order_id": "order", "credit_card": card, **more}


def codes(result: Any) -> list[str]:
    assert not result.is_success
    return [error.code for error in result.errors.deep_errors]


@contextmanager
def delayed(server: SandboxServer, act: Callable[[], Any]) -> Iterator[gevent.Greenlet[..., Any]]:
    """The block runs while the first request waits before it takes effect; then that one's result is there."""
    server.faults.plan(kind="delay_before_commit", seconds=DELAY, path=SALE)
    first = gevent.spawn(act)
    with gevent.Timeout(10):
        while server.faults.planned:
            gevent.sleep(0.005)
        assert not first.ready()
        yield first
        first.join()


def test_a_duplicate_of_a_sale_underway_is_rejected_at_once(server: SandboxServer, merchant: Any) -> None:
    sdk = merchant("fs_app_demo")
    with delayed(server, lambda: sdk.transaction.sale(params())) as first:
        again = sdk.transaction.sale(params())
        assert not first.ready()
        other = sdk.transaction.sale(params(order_id="other"))
    assert again.transaction.gateway_rejection_reason == "duplicate"
    assert other.is_success and first.get().is_success
    assert server.control.orders()["order"]["authorised"] == 1
    assert rejection(sdk.transaction.sale(params())) == "duplicate"


def rejection(result: Any) -> str:
    reason: str = result.transaction.gateway_rejection_reason
    return reason


def test_what_was_underway_and_failed_leaves_the_way_free(server: SandboxServer, merchant: Any) -> None:
    sdk = merchant("fs_app_demo")
    server.faults.plan(kind="drop_before_commit", path=SALE)
    with pytest.raises(SdkConnectionError):
        sdk.transaction.sale(params())
    assert sdk.transaction.sale(params()).is_success


def test_a_duplicate_is_one_of_what_was_asked_for_not_of_what_was_held_or_captured(merchant: Any) -> None:
    sdk = merchant("fs_app_demo")
    partial = params(amount="1004.00", accept_partial_authorization=True)
    assert sdk.transaction.sale(dict(partial)).transaction.amount < 1004
    assert rejection(sdk.transaction.sale(dict(partial))) == "duplicate"
    sale = sdk.transaction.sale(params(order_id="less")).transaction
    assert sdk.transaction.submit_for_settlement(sale.id, "5.00").is_success
    assert rejection(sdk.transaction.sale(params(order_id="less"))) == "duplicate"
    assert sdk.transaction.sale(params(order_id="less", amount="5.00")).is_success


def test_a_part_does_not_make_the_window_longer(merchant: Any, clock: Any) -> None:
    sdk = merchant("fs_app_demo")
    sale = sdk.transaction.sale(params()).transaction
    clock.pass_seconds(20)
    assert sdk.transaction.submit_for_partial_settlement(sale.id, "10.00").is_success
    clock.pass_seconds(20)
    assert sdk.transaction.sale(params()).is_success


def test_a_request_key_underway_is_told_and_takes_the_place_of_the_duplicate_check(
    server: SandboxServer, merchant: Any
) -> None:
    sdk = merchant("fs_app_demo")
    with delayed(server, lambda: sdk.transaction.sale(params(api_request_key="k"))) as first:
        assert codes(sdk.transaction.sale(params(api_request_key="k"))) == ["915233"]
        assert codes(sdk.transaction.sale(params(api_request_key="k", amount="11.00"))) == ["915232"]
    again = sdk.transaction.sale(params(api_request_key="k"))
    assert again.transaction.id == first.get().transaction.id
    assert sdk.transaction.sale(params(api_request_key="other")).is_success


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status_before_commit", "status": 503}, ServiceUnavailableError),
        ({"kind": "status_before_commit", "status": 500}, ServerError),
        ({"kind": "drop_before_commit"}, SdkConnectionError),
    ],
)
def test_a_request_key_remembers_a_server_error(
    server: SandboxServer, sdk: Any, fault: dict[str, Any], error: type[Exception]
) -> None:
    server.faults.plan(**fault, path=SALE)
    with pytest.raises(error):
        sdk.transaction.sale(params(api_request_key="k"))
    assert codes(sdk.transaction.sale(params(api_request_key="k"))) == ["915235"]
    assert server.control.orders() == {}


@pytest.mark.parametrize("kind", ["status_after_commit", "drop_after_commit", "reset_after_commit"])
def test_a_request_key_finds_the_sale_whose_answer_was_lost(server: SandboxServer, sdk: Any, kind: str) -> None:
    server.faults.plan(kind=kind, path=SALE)
    with pytest.raises((ServerError, SdkConnectionError)):
        sdk.transaction.sale(params(api_request_key="k"))
    assert sdk.transaction.sale(params(api_request_key="k")).is_success
    assert server.control.orders()["order"]["transactions"] == 1


def test_a_request_key_is_forgotten_after_thirty_days(sdk: Any, clock: Any) -> None:
    first = sdk.transaction.sale(params(api_request_key="k")).transaction
    clock.pass_seconds(30 * 86400)
    assert sdk.transaction.sale(params(api_request_key="k")).transaction.id == first.id
    clock.pass_seconds(1)
    assert sdk.transaction.sale(params(api_request_key="k")).transaction.id != first.id


def test_request_keys_protect_submits_voids_and_credits(sdk: Any) -> None:
    submitted, voided = (sdk.transaction.sale(params()).transaction.id for _ in range(2))
    for _ in range(2):
        submit = sdk.transaction.submit_for_settlement(submitted, "9.00", {"api_request_key": "s"})
        assert (submit.transaction.status, str(submit.transaction.amount)) == ("submitted_for_settlement", "9.00")
        assert sdk.transaction.void(voided, {"api_request_key": "v"}).transaction.status == "voided"
    assert codes(sdk.transaction.void(submitted, {"api_request_key": "v"})) == ["915232"]
    credits = {sdk.transaction.credit(params(api_request_key="c")).transaction.id for _ in range(2)}
    assert len(credits) == 1
