"""Where a receipt goes, as a row of an account has it."""

from __future__ import annotations

import structlog

from fs_app.domain.contact import Contact

_log = structlog.get_logger(__name__)


def contact_or_none(text: str | None, account_id: str) -> Contact | None:
    """``sms:+15550100001`` or ``mail:name@example.org``. Anything else is nobody's address, and no reason to refuse
    the account: the log names the account, not the text."""
    if not text:
        return None
    try:
        return Contact.parse(text)
    except ValueError:
        _log.warning("bad_receipt_to", account=account_id)
        return None
