"""The Gateway port on Braintree's official SDK: the only module that imports it.

Laws: every answer is a value, never an exception, because the SDK's exceptions hold the request body and so the
card. An exception is named and dropped in the frame that caught it. What was certainly not sent is Unavailable;
what may have been is Unknown; only a transaction that the gateway answered with can be Approved or Declined.
"""

from __future__ import annotations

import http.client
import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import braintree as sdk
import gevent
from braintree.exceptions.authentication_error import AuthenticationError
from braintree.exceptions.authorization_error import AuthorizationError
from braintree.exceptions.http.connection_error import ConnectionError as NoConnectionError
from braintree.exceptions.http.timeout_error import ConnectTimeoutError
from braintree.exceptions.not_found_error import NotFoundError
from braintree.exceptions.upgrade_required_error import UpgradeRequiredError
from urllib3.exceptions import NewConnectionError

from fs_app.domain.card import Card, Expiry
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
from fs_app.gateways import answers
from fs_app.ports import ChargeRequest, GatewayRecord, GatewayTrouble

T = TypeVar("T")
Fault = Unavailable | Unknown

_CANNOT_SUBMIT, _CANNOT_VOID = "91507", "91504"
_DOUBT = "an earlier try may have moved the transaction; the gateway could not be asked"

# The gateway refused before it processed anything.
_REFUSED: dict[type[BaseException], str] = {
    AuthenticationError: "the gateway refuses our keys (401)",
    AuthorizationError: "our keys may not do this at the gateway (403)",
    NotFoundError: "the gateway does not know that transaction or merchant (404)",
    UpgradeRequiredError: "the gateway wants a newer SDK (426)",
}
_LASTING = frozenset(_REFUSED.values())


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

    @property
    def place(self) -> str:
        """Where the gateway is, in words for an admin."""
        return f"{self.host}:{self.port}" if self.environment == "local" else f"Braintree {self.environment}"


class BraintreeGateway:
    """One per process: it keeps one connection per greenlet. See `fs_app.ports.Gateway` for the contract."""

    def __init__(self, account: BraintreeAccount) -> None:
        self._account = account
        _forbid_leaks()
        self._sdk = sdk.BraintreeGateway(
            sdk.Configuration(
                environment=_environment(account),
                merchant_id=account.merchant_id,
                public_key=account.public_key,
                private_key=account.private_key,
                timeout=(account.connect_seconds, account.read_seconds),
                wrap_http_exceptions=True,
            )
        )

    def authorise(self, request: ChargeRequest) -> ChargeResult:
        """Hold the money on the card; nothing is submitted for settlement."""
        if request.card.wiped:
            return Unavailable("the card was wiped before it was sent")

        def ask() -> ChargeResult:
            answer = self._sdk.transaction.sale(self._sale(request))
            return answers.charged(answer, request.order_id)

        return self._guarded(ask)

    def submit(self, transaction_id: TransactionId, amount: Money) -> Submitted | Unavailable | Unknown:
        """Submit for settlement; a transaction that already is submitted with that amount is Submitted."""

        def ask() -> Submitted | Unavailable | Unknown:
            answer = self._sdk.transaction.submit_for_settlement(transaction_id, amount.decimal())
            if answer.is_success:
                return answers.captured(answer.transaction, amount)
            if _CANNOT_SUBMIT not in answers.codes(answer):
                return answers.refused(answer)
            return self._guarded(look, doubt=_DOUBT)

        def look() -> Submitted | Unavailable | Unknown:
            return answers.captured(self._sdk.transaction.find(transaction_id), amount)

        return self._guarded(ask)

    def void(self, transaction_id: TransactionId) -> Voided | Unavailable | Unknown:
        """Give back what is not settled; a transaction that already is voided is Voided."""

        def ask() -> Voided | Unavailable | Unknown:
            answer = self._sdk.transaction.void(transaction_id)
            if answer.is_success:
                return Voided(transaction_id)
            if _CANNOT_VOID not in answers.codes(answer):
                return answers.refused(answer)
            return self._guarded(look, doubt=_DOUBT)

        def look() -> Voided | Unavailable:
            status = self._sdk.transaction.find(transaction_id).status
            return Voided(transaction_id) if status == "voided" else Unavailable(f"not voided: it is {status}")

        return self._guarded(ask)

    def refund(
        self, transaction_id: TransactionId, amount: Money, order_id: OrderId
    ) -> Submitted | Declined | Unavailable | Unknown:
        """Give settled money back; Submitted carries the id of the new transaction."""

        def ask() -> Submitted | Declined | Unavailable | Unknown:
            options = {"amount": amount.decimal(), "order_id": order_id, **self._request_key(order_id)}
            answer = self._sdk.transaction.refund(transaction_id, options)
            if answer.is_success:
                return Submitted(TransactionId(answer.transaction.id))
            return answers.refused(answer) if answer.transaction is None else answers.said_no(answer.transaction)

        return self._guarded(ask)

    def find(self, order_id: OrderId) -> Sequence[GatewayRecord] | None:
        """Search by order id. The index lags behind by seconds: nothing found is not yet proof of nothing there."""

        def ask() -> Sequence[GatewayRecord]:
            found = self._sdk.transaction.search(sdk.TransactionSearch.order_id == order_id)
            return answers.oldest_first(found.items)

        answer = self._guarded(ask)
        return None if isinstance(answer, Fault) else answer

    def look(self, transaction_id: TransactionId) -> GatewayRecord | None:
        """Fetch one transaction by its id."""
        answer = self._guarded(lambda: answers.record(self._sdk.transaction.find(transaction_id)))
        return None if isinstance(answer, Fault) else answer

    def check(self) -> GatewayTrouble | None:
        """Search for an order id that cannot exist: the cheapest question that needs working keys."""

        def ask() -> None:
            self._sdk.transaction.search(sdk.TransactionSearch.order_id == "fs_app check")

        answer = self._guarded(ask)
        if answer is None:
            return None
        text = f"the gateway at {self._account.place} cannot be used: {answer.reason}"
        return GatewayTrouble(text, lasting=answer.reason in _LASTING)

    def _sale(self, request: ChargeRequest) -> dict[str, Any]:
        params: dict[str, Any] = {
            "amount": request.amount.decimal(),
            "order_id": request.order_id,
            "credit_card": _card_params(request.card),
            "options": {"submit_for_settlement": False},
            **self._request_key(request.order_id),
        }
        if len(request.card.postal_code):
            params["billing"] = {"postal_code": request.card.postal_code.reveal()}
        if self._account.merchant_account_id is not None:
            params["merchant_account_id"] = self._account.merchant_account_id
        return params

    def _request_key(self, order_id: OrderId) -> Mapping[str, str]:
        return {"api_request_key": order_id} if self._account.use_request_key else {}

    def _guarded(self, ask: Callable[[], T], *, doubt: str = "") -> T | Fault:
        """Run one exchange with the gateway; whatever is raised becomes a value and is let go of here.

        ``doubt`` says why even "certainly not sent" would prove nothing, where that is so.
        """
        limit = gevent.Timeout(self._account.limit_seconds)
        limit.start()
        try:
            return ask()
        except gevent.Timeout as timeout:
            if timeout is not limit:
                raise  # a deadline of the caller's
            return Unknown("no complete answer from the gateway within the time limit")
        except Exception as error:  # noqa: BLE001  the outermost frame of the SDK: it raises what its parsers raise
            return Unknown(doubt) if doubt else _fault(error)
        finally:
            limit.close()


def _environment(account: BraintreeAccount) -> sdk.Environment:
    if account.environment != "local":
        return sdk.Environment.parse_environment(account.environment)
    host, port = account.host, str(account.port)
    return sdk.Environment("local", host, port, "http://auth.invalid", False, None, host, port)


def _forbid_leaks() -> None:
    """Nothing between us and the gateway may see or print the body of a request.

    The SDK takes HTTP_PROXY from the environment and then ignores NO_PROXY even for loopback; ``http.client``
    prints whole bodies where its debug level is set.
    """
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    http.client.HTTPConnection.debuglevel = 0


def _card_params(card: Card) -> dict[str, str]:
    params = {"number": card.number.reveal()}
    expiry = Expiry.parse(card.expiry.reveal())
    if expiry is not None:
        params["expiration_date"] = f"{expiry.month:02d}/{expiry.year}"
    if len(card.security_code):
        params["cvv"] = card.security_code.reveal()
    return params


def _fault(error: Exception) -> Fault:
    """Name an exception without keeping it: its type only, as its text and its members may hold the card."""
    for kind, reason in _REFUSED.items():
        if isinstance(error, kind):
            return Unavailable(reason)
    if isinstance(error, ConnectTimeoutError):
        return Unavailable("no connection to the gateway within the time limit")
    if isinstance(error, NoConnectionError) and _never_connected(error):
        return Unavailable("no connection to the gateway")
    return Unknown(f"no trusted answer from the gateway ({type(error).__name__})")


def _never_connected(error: BaseException) -> bool:
    """True where the cause says that no byte of the request left: refused, no such host, untrusted certificate.

    "Refused" and "closed without an answer" arrive as the same class, so the cause decides: urllib3's reason for
    giving up, reached through ``args`` because the SDK and requests wrap one exception in another.
    """
    cause: Any = error
    for _ in range(8):
        if isinstance(cause, NewConnectionError | ssl.SSLCertVerificationError):
            return True
        reason = getattr(cause, "reason", None)
        cause = reason if isinstance(reason, BaseException) else next(iter(getattr(cause, "args", ())), None)
    return False
