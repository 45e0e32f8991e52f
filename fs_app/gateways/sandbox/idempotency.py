"""api_request_key: the same key with the same request makes nothing new and answers with the first one's result.

The comparison covers operation, path and all parameters except the security code, and is kept as a keyed hash.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from fs_app.gateways.sandbox.exchange import Answer, Call, Handler, NotFound, Refused, refuse, text
from fs_app.gateways.sandbox.store import Remembered
from fs_app.gateways.sandbox.transaction_view import answer

_LONGEST = 255
_WINDOW = timedelta(days=30)


def once(call: Call, handler: Handler) -> Answer:
    """Run the handler, or answer for the request that came with the same key before."""
    key = text(call.params, "api_request_key")
    if key is None:
        return handler(call)
    keys = call.books.request_keys
    if len(key) > _LONGEST:
        refuse(call, "915230", "transaction")
    if not call.books.merchant.request_keys:
        refuse(call, "915231", "transaction")
    fingerprint = call.books.fingerprint(_canonical(call))
    first = keys.get(key)
    if first is not None and call.now - first.at <= _WINDOW:
        return _again(call, first, fingerprint)
    first = keys[key] = Remembered(fingerprint, call.now)
    try:
        made = handler(call)
        first.transaction_id, first.status = made.transaction_id, made.status
    except Refused as refused:
        first.status = refused.answer.status
        raise
    except NotFound:
        first.status = 404
        raise
    finally:
        first.in_flight = False
    return made


def _again(call: Call, first: Remembered, fingerprint: str) -> Answer:
    if first.fingerprint != fingerprint:
        refuse(call, "915232", "transaction")
    if first.in_flight:
        refuse(call, "915233", "transaction")
    if first.transaction_id is None:
        refuse(call, "915234" if first.status < 500 else "915235", "transaction")
    assert first.transaction_id is not None
    created = first.status if first.status in (200, 201) else 200
    return answer(call.books.transactions[first.transaction_id], created)


def _canonical(call: Call) -> str:
    return json.dumps([call.operation, _without_cvv(call.params)], sort_keys=True, default=str)


def _without_cvv(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_cvv(inner) for name, inner in value.items() if name != "cvv"}
    return value
