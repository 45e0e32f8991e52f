"""A local gateway per test, the unmodified SDK on each of its merchants, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import braintree
import pytest

from fs_app.gateways.sandbox import SandboxServer


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: int) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[SandboxServer]:
    with SandboxServer(now=clock) as server:
        yield server


@pytest.fixture
def merchant(server: SandboxServer) -> Callable[[str], braintree.BraintreeGateway]:
    """The SDK with the keys of a merchant."""

    def sdk(merchant_id: str) -> braintree.BraintreeGateway:
        prefix = merchant_id.removesuffix("_merchant_id")
        port = str(server.port)
        environment = braintree.Environment("local", "127.0.0.1", port, "http://auth.invalid", False, None)
        keys = (merchant_id, f"{prefix}_public_key", f"{prefix}_private_key")
        if merchant_id == "fs_app_demo":
            keys = (merchant_id, "fs_app_demo_public", "fs_app_demo_private")
        return braintree.BraintreeGateway(braintree.Configuration(environment, *keys, wrap_http_exceptions=True))

    return sdk


@pytest.fixture
def sdk(merchant: Callable[[str], braintree.BraintreeGateway]) -> braintree.BraintreeGateway:
    """The merchant without rules."""
    return merchant("integration_merchant_id")
