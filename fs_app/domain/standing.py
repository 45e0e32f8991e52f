"""What a transaction at the gateway means for the money, whatever the gateway calls its status."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """Where a transaction stands, in our words."""

    HELD = "held"  # authorised: the money is held, not taken
    CAPTURED = "captured"  # submitted for settlement, or on the way
    SETTLED = "settled"  # the money has been moved
    GIVEN_BACK = "given_back"  # voided, or the authorisation ran out
    RETURNED = "returned"  # the settlement was declined, or a bank took the money back
    DECLINED = "declined"  # the processor or a rule of the gateway said no
    NOT_PROCESSED = "not_processed"  # the processor was out of reach: nothing happened
    DUPLICATE = "duplicate"  # refused because an earlier transaction like it stands
    OTHER = "other"  # a status that is not known to us: no information


TAKEN = frozenset({Standing.CAPTURED, Standing.SETTLED})
# No money is held or taken, and none will be.
WITHOUT_MONEY = frozenset({Standing.GIVEN_BACK, Standing.DECLINED, Standing.NOT_PROCESSED, Standing.DUPLICATE})
