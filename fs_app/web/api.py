"""``/api/payments``: the internal API for the operator's own programs. JSON, with a bearer token.

``GET /api/payments/<id>`` tells what ``fs-app payments show`` tells; ``POST .../refund`` and ``.../void`` do what
the commands do. A repeat with the same ``key`` does nothing new. Errors are ``{"error": "words"}``.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentId
from fs_app.errors import StoreUnavailable
from fs_app.payments.dossier import Dossier
from fs_app.payments.refunds import DeedEnd, DeedResult, RefundDesk
from fs_app.ports import Deed

_STATUSES = {DeedEnd.DONE: 200, DeedEnd.SAME: 200, DeedEnd.UNKNOWN: 202, DeedEnd.REFUSED: 409}
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")


class _Order(BaseModel):
    """What a program asks for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    operator: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=255)


class _RefundOrder(_Order):
    amount: str | None = Field(None, pattern=_AMOUNT.pattern)  # in the payment's currency; all of it if absent
    key: str | None = Field(None, min_length=1, max_length=64)


def api(token: str, desk: RefundDesk, dossier: Callable[[PaymentId], Dossier]) -> Blueprint:
    """The API under ``/api``; every request must carry the token."""
    pages = Blueprint("api", __name__, url_prefix="/api")
    expected = f"Bearer {token}".encode()

    @pages.before_request
    def check_token() -> tuple[Response, int] | None:
        given = request.headers.get("Authorization", "").encode()
        return None if hmac.compare_digest(given, expected) else _error("the bearer token is missing or wrong", 401)

    @pages.get("/payments/<int:payment_id>")
    def show(payment_id: int) -> Response:
        return jsonify(dossier(PaymentId(payment_id)).as_dict())

    @pages.post("/payments/<int:payment_id>/refund")
    def refund(payment_id: int) -> tuple[Response, int]:
        order = _RefundOrder.model_validate(request.get_json())
        deed = Deed("refund", PaymentId(payment_id), order.operator, order.reason, "api")
        amount = None
        if order.amount is not None:
            currency = dossier(deed.payment_id).payment.request.amount.currency
            amount = Money.parse(order.amount, currency)
        return _told(desk.refund(deed, amount, order.key))

    @pages.post("/payments/<int:payment_id>/void")
    def void(payment_id: int) -> tuple[Response, int]:
        order = _Order.model_validate(request.get_json())
        return _told(desk.void(Deed("void", PaymentId(payment_id), order.operator, order.reason, "api")))

    @pages.errorhandler(HTTPException)
    def no_request(error: HTTPException) -> tuple[Response, int]:
        return _error(error.description or error.name, error.code or 500)

    @pages.errorhandler(KeyError)
    def unknown(_: KeyError) -> tuple[Response, int]:
        return _error("there is no such payment", 404)

    @pages.errorhandler(ValidationError)
    def wrong(error: ValidationError) -> tuple[Response, int]:
        places = (f"{'.'.join(str(each) for each in one['loc'])}: {one['msg']}" for one in error.errors())
        return _error("; ".join(places), 400)

    @pages.errorhandler(ValueError)
    def no_amount(_: ValueError) -> tuple[Response, int]:
        return _error("amount is no sum in the payment's currency", 400)

    @pages.errorhandler(StoreUnavailable)
    def down(_: StoreUnavailable) -> tuple[Response, int]:
        return _error("the database is down: nothing is known to be done, ask again with the same key", 503)

    return pages


def _told(result: DeedResult) -> tuple[Response, int]:
    told: dict[str, Any] = {
        "result": result.end,
        "words": result.words,
        "payment": result.payment.id,
        "state": result.payment.state,
    }
    if result.refund is not None:
        told["refund"] = {"id": result.refund.id, "state": result.refund.state, "key": result.refund.request.key}
    return jsonify(told), _STATUSES[result.end]


def _error(words: str, status: int) -> tuple[Response, int]:
    return jsonify({"error": words}), status
