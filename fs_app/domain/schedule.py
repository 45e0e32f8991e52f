"""When an attempt, a refund or a receipt is looked at again: first after seconds, at last after days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fs_app.domain.payment import PaymentState

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses in seconds; after the last one a person takes over."""

    seconds: tuple[float, ...]

    def after(self, tries: int) -> timedelta | None:
        """The pause after so many tries, the first at 0; None where there is none left."""
        return timedelta(seconds=self.seconds[tries]) if tries < len(self.seconds) else None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The pauses of every kind of work, and the ages at which a policy changes. Everything in seconds.

    ``charging``: how long whoever opened an attempt may be at work on it before it counts as abandoned; longer than
    every wait for the gateway and the database in it.

    ``proof``: from this age on, a search that finds nothing means that nothing was sent. An empty search before is
    no information, as the gateway may still be at work on the request, and its index lags.

    ``adopt``: up to this age an authorisation that is found is submitted, as the payer agreed to it and was told
    that it is being checked; after that it is given back.
    """

    charging: float = 180.0
    proof: float = _HOUR
    adopt: float = _DAY
    unresolved: Backoff = Backoff(
        (5.0, 15.0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 45 * _MINUTE, 3 * _HOUR, 12 * _HOUR, _DAY, _DAY, _DAY)
    )
    settlement: Backoff = Backoff((_DAY,) * 7)
    receipt: Backoff = Backoff((1.0, 10.0, _MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY))

    def first_look(self, state: PaymentState) -> float | None:
        """Seconds from entering a state to the first look at the payment; None where nobody has to look."""
        match state:
            case PaymentState.OPENED | PaymentState.AUTHORISED:
                return self.charging
            case PaymentState.UNKNOWN:
                return self.unresolved.seconds[0]
            case PaymentState.SUBMITTED:
                return self.settlement.seconds[0]
            case PaymentState.RETURNED:
                return 0.0  # what is saved of a bank account may have to be let go of
            case _:
                return None
