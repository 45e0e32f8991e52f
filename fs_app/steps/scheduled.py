"""What is agreed to on an account, as it is told: the next date and amount of each agreement."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from fs_app.domain.agreement import UNDER_WAY, Agreement, AgreementKind, InstalmentState
from fs_app.domain.prompt import Named, Prompt, say
from fs_app.flow.call import Call
from fs_app.flow.facts import proved
from fs_app.flow.step import PhraseName, Says

KIND_NAMES = frozenset(f"agreement_{kind.value}" for kind in AgreementKind)
"""The phrases that name what was agreed to."""


class ScheduleTelling(BaseModel):
    """One sentence for each agreement."""

    next: Annotated[PhraseName, Says("name", "amount", "date")] = Field(
        "scheduled_next", description="{name} is what was agreed to"
    )
    next_balance: Annotated[PhraseName, Says("name", "date")] = Field(
        "scheduled_balance", description="the same of the full balance, before its amount is known"
    )
    taking: Annotated[PhraseName, Says("name")] = Field("scheduled_now", description="a payment is being taken")
    nothing: Annotated[PhraseName, Says()] = Field("nothing_scheduled", description="there is none")

    def scheduled(self, call: Call) -> list[tuple[Agreement, Prompt]]:
        """What is active on the account, each with what is told of it. StoreUnavailable as `Agreements`."""
        active = call.services.agreements.of_account(proved(call.facts.account).id)
        return [(agreement, self._told(call, agreement)) for agreement in active]

    def _told(self, call: Call, agreement: Agreement) -> Prompt:
        name = Named(f"agreement_{agreement.request.kind.value}")
        every = call.services.agreements.instalments(agreement.id)
        waiting = [each for each in every if each.state in UNDER_WAY]
        if not waiting or waiting[0].state is InstalmentState.CHARGING:
            return say(self.taking, name=name)
        amount = waiting[0].announced or waiting[0].amount
        if amount is None:
            return say(self.next_balance, name=name, date=waiting[0].charge_on)
        return say(self.next, name=name, amount=amount, date=waiting[0].charge_on)
