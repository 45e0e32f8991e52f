"""What velocity limits count an attempt by, as keyed hashes: HMAC-SHA256, as PCI DSS 3.5.1.1 asks of a PAN's hash.

The key must be the same in every worker. Where the operator names none it is derived from the gateway's private
key, which every worker has and nobody else; with another gateway key the counting begins anew.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from fs_app.domain.bank_account import BankAccount
from fs_app.domain.card import Card
from fs_app.domain.payment import Means, PaymentRequest
from fs_app.domain.velocity import Mark, Trait

_BIN_DIGITS = 6


class Marker:
    """Knows the key; keeps nothing else."""

    __slots__ = ("_key",)

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"fs_app velocity", "sha256")

    def __repr__(self) -> str:
        return "Marker()"

    def marks(self, request: PaymentRequest, means: Means) -> Sequence[Mark]:
        """The marks of an attempt; none for a caller ID that is withheld. A card must not be wiped yet. What the
        gateway has kept was tried out before: it counts for its caller and account only. Nobody calls to pay an
        instalment, so it counts for nothing. A bank account counts as a card does; a routing number is a whole
        bank's."""
        if request.instalment is not None:
            return ()
        number = means.number.reveal() if isinstance(means, Card) else ""
        account = f"{means.routing.reveal()}:{means.number.reveal()}" if isinstance(means, BankAccount) else ""
        values = {
            Trait.CALLER_ID: "".join(digit for digit in request.caller_id if digit in "0123456789"),
            Trait.ACCOUNT: request.account_id,
            Trait.BIN: number[:_BIN_DIGITS],
            Trait.CARD: number or account,
        }
        return [Mark(trait, self._hash(trait, value)) for trait, value in values.items() if value]

    def _hash(self, trait: Trait, value: str) -> str:
        return hmac.digest(self._key, f"{trait}:{value}".encode(), "sha256").hex()
