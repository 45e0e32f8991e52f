"""One account at Braintree, one kept connection to it, and exchanges that end as values."""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import braintree as sdk
import gevent

from fs_app.domain.payment import Unavailable, Unknown
from fs_app.gateways.braintree.document import read_lightly
from fs_app.gateways.braintree.faults import fault_of

T = TypeVar("T")
Fault = Unavailable | Unknown
BRIEFLY = 5.0
"""Seconds for what is only tidied up while a caller waits for the result of the charge."""


@dataclass(frozen=True, slots=True)
class BraintreeAccount:
    """Which gateway, whose account, how long to wait. ``host`` and ``port`` count for ``local`` only.

    ``read_seconds`` limits each wait for bytes, ``limit_seconds`` a whole request. Shorter limits make more
    unknown results, not fewer charges: the gateway itself works for up to 60 s.
    """

    environment: Literal["local", "sandbox", "production"]
    merchant_id: str
    public_key: str
    private_key: str = field(repr=False)
    merchant_account_id: str | None = None
    host: str = "127.0.0.1"
    port: int = 8400
    connect_seconds: float = 3.0
    read_seconds: float = 60.0
    limit_seconds: float = 70.0
    use_request_key: bool = False  # api_request_key has to be enabled for the account
    bank_verification: str = "network_check"  # how bank accounts are verified, in Braintree's words
    bank_merchant_account_id: str | None = None  # the merchant account for ACH, where it is another one

    @property
    def place(self) -> str:
        """Where the gateway is, in words for an admin."""
        return f"{self.host}:{self.port}" if self.environment == "local" else f"Braintree {self.environment}"


class Connection:
    """The SDK for one account; it keeps one connection per greenlet. One per process is enough."""

    def __init__(self, account: BraintreeAccount) -> None:
        self.account = account
        _forbid_leaks()
        read_lightly()
        self.sdk = sdk.BraintreeGateway(
            sdk.Configuration(
                environment=_environment(account),
                merchant_id=account.merchant_id,
                public_key=account.public_key,
                private_key=account.private_key,
                timeout=(account.connect_seconds, account.read_seconds),
                wrap_http_exceptions=True,
            )
        )

    def guarded(self, ask: Callable[[], T], *, doubt: str = "", seconds: float | None = None) -> T | Fault:
        """Run one exchange with the gateway; whatever is raised becomes a value and is let go of here.

        ``doubt`` says why even "certainly not sent" would prove nothing, where that is so. ``seconds`` is a shorter
        limit than the account's.
        """
        http.client.HTTPConnection.debuglevel = 0  # somebody may have set it since; it prints whole bodies
        limit = gevent.Timeout(min(seconds or self.account.limit_seconds, self.account.limit_seconds))
        limit.start()
        try:
            return ask()
        except gevent.Timeout as timeout:
            if timeout is not limit:
                raise  # a deadline of the caller's
            return Unknown("no complete answer from the gateway within the time limit")
        except Exception as error:  # noqa: BLE001  the outermost frame of the SDK: it raises what its parsers raise
            return Unknown(doubt) if doubt else fault_of(error)
        finally:
            limit.close()

    def told(self, ask: Callable[[], T], *, seconds: float | None = None) -> T | None:
        """Run one exchange that moves no money; None where there is no answer to trust."""
        answer = self.guarded(ask, seconds=seconds)
        return None if isinstance(answer, Fault) else answer


def _environment(account: BraintreeAccount) -> sdk.Environment:
    if account.environment != "local":
        return sdk.Environment.parse_environment(account.environment)
    host, port = account.host, str(account.port)
    return sdk.Environment("local", host, port, "http://auth.invalid", False, None, host, port)


def _forbid_leaks() -> None:
    """Nothing between us and the gateway may see or print the body of a request.

    The SDK takes HTTP_PROXY from the environment and then ignores NO_PROXY even for loopback.
    """
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
