"""Settings of the jobs role: how much at once, and when what is looked at again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.schedule import Backoff, Schedule
from fs_app.settings.values import Address, Part

Pauses = Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1)]
_default = Schedule()


class JobsSettings(Part):
    """What is due is claimed in the database: any number of jobs processes may run. All times in seconds."""

    at_once: int = Field(8, ge=1, le=64, description="tasks at a time in one process")
    poll_seconds: float = Field(1.0, gt=0, description="so often the database is asked for what is due")
    lease_seconds: float = Field(600.0, gt=0, description="after this a claim of a process that died is void")
    charging_seconds: float = Field(_default.charging, gt=0, description="an attempt older than this is abandoned")
    proof_seconds: float = Field(
        _default.proof, gt=0, description="from this age on, nothing found at the gateway means nothing was sent"
    )
    adopt_seconds: float = Field(
        _default.adopt, ge=0, description="up to this age a found authorisation is submitted, later it is voided"
    )
    unresolved_pauses: Pauses = Field(
        _default.unresolved.seconds,
        description="until an attempt whose result is unknown is looked at again, first to last",
    )
    settlement_pauses: Pauses = Field(
        _default.settlement.seconds, description="the same for a payment that is not settled yet"
    )
    receipt_pauses: Pauses = Field(
        _default.receipt.seconds,
        description="the same for a message that could not be sent; after the last it waits for a person",
    )
    desk_keep_days: int = Field(
        90, ge=1, description="how long it is kept who was handed over to an agent, and what came of it"
    )
    metrics: Address = Field(
        ("127.0.0.1", 9107), description="Prometheus metrics of this role; keep it on loopback"
    )

    def schedule(self) -> Schedule:
        """The schedule that the ledger plans by."""
        return Schedule(
            charging=self.charging_seconds,
            proof=self.proof_seconds,
            adopt=self.adopt_seconds,
            unresolved=Backoff(self.unresolved_pauses),
            settlement=Backoff(self.settlement_pauses),
            receipt=Backoff(self.receipt_pauses),
        )
