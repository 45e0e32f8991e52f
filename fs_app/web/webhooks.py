"""``/webhooks/braintree``: what the gateway tells of its own accord. A hint to look, never the truth.

The signature is checked, the payload is remembered, what it is about becomes due in the jobs; each webhook has that
effect once. The answer is 200 for everything that was signed by the gateway, known or not: it would be sent again.
"""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request

from fs_app.errors import StoreUnavailable
from fs_app.ports import GatewayOffice, Hints

_log = structlog.get_logger(__name__)


def webhooks(office: GatewayOffice, hints: Hints) -> Blueprint:
    """The pages that the gateway calls."""
    pages = Blueprint("webhooks", __name__)

    @pages.get("/webhooks/braintree")
    def challenge() -> Response:
        """The gateway checks that the address is ours."""
        answer = office.challenge(request.args.get("bt_challenge", ""))
        return _text(answer, 200) if answer is not None else _text("not a challenge of the gateway's", 400)

    @pages.post("/webhooks/braintree")
    def notification() -> Response:
        """The gateway tells that something has happened."""
        payload = request.form.get("bt_payload", "")
        hint = office.hint(request.form.get("bt_signature", ""), payload)
        if hint is None:
            _log.warning("webhook_refused", reason="not signed by the gateway", address=request.remote_addr)
            return _text("not signed by the gateway", 403)
        try:
            new = hints.take(payload, hint)
        except StoreUnavailable as error:
            _log.error("webhook_not_kept", error=str(error))
            return _text("try again later", 503)
        _log.info("webhook", kind=hint.kind, transaction=hint.transaction_id, dispute=hint.dispute_id, new=new)
        return _text("thank you", 200)

    return pages


def _text(words: str, status: int) -> Response:
    return Response(words, status, mimetype="text/plain")
