"""What follows for what is saved where a bank gave a debit back: an account that must not be debited is let go of.

The table is `domain.ach_return`; that the bill is open again is the ledger's doing. Everything here can be done
twice. A bank account is known by its holder's account, its bank and its last four digits, which is all that is
kept of it: of two that look alike both are let go of, and their holder keys the right one again.
"""

from __future__ import annotations

import structlog

from fs_app.domain.ach_return import ends_method
from fs_app.domain.means import MeansKind, SavedMethod
from fs_app.domain.payment import Payment, PaymentState
from fs_app.ports import Deleted, Ledger, SavedMethods, Vault

_log = structlog.get_logger(__name__)


class ReturnedDebits:
    """Raises StoreUnavailable only."""

    def __init__(self, ledger: Ledger, methods: SavedMethods, vault: Vault) -> None:
        self._ledger = ledger
        self._methods = methods
        self._vault = vault

    def let_go(self, payment: Payment) -> str:
        """Let go of the saved account behind a debit that was returned, where its code ends it; why that has to be
        tried again, or nothing."""
        if payment.state is not PaymentState.RETURNED or payment.request.means is not MeansKind.BANK:
            return ""
        code = self._ledger.return_of(payment.id) or ""
        if not ends_method(code):
            return ""
        for method in self._methods.of_account(payment.request.account_id):
            if not _is_behind(method, payment):
                continue
            if not isinstance(self._vault.delete(method.token), Deleted):
                return f"returned {code}: the saved bank account could not be deleted at the gateway"
            self._methods.forget(method.id)
            _log.warning("bank_account_let_go", payment=payment.id, code=code, method=method.id)
        return ""


def _is_behind(method: SavedMethod, payment: Payment) -> bool:
    request = payment.request
    known = (MeansKind.BANK, request.brand, request.last_four)
    return (method.kind, method.brand, method.last_four) == known
