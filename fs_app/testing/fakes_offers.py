"""In-memory stand-ins for the ports of subscriptions and appointments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from fs_app.domain.appointment import Appointment, Reply
from fs_app.domain.bill import Account
from fs_app.domain.payment import GAVE_BACK_STATES, PAID_STATES, Payment
from fs_app.domain.subscription import Offer, Subscription, Term, extended
from fs_app.errors import StoreUnavailable
from fs_app.ports import MOST_OFFERED


@dataclass
class FakeSubscriptions:
    """Implements `ports.Subscriptions` on literals; ``payments`` are those of a fake cashier."""

    subscriptions: Sequence[Subscription] = ()
    by_plan: Mapping[str, Sequence[Offer]] = field(default_factory=dict)
    payments: Sequence[Payment] = ()
    down: bool = False

    def of(self, account: Account) -> Sequence[Subscription]:
        self._check()
        mine = [self._as_paid(each) for each in self.subscriptions if each.account_id == account.id]
        return sorted(mine, key=lambda each: each.expires_on)[:MOST_OFFERED]

    def offers(self, subscription: Subscription) -> Sequence[Offer]:
        self._check()
        return self.by_plan.get(subscription.plan, ())

    def _as_paid(self, plain: Subscription) -> Subscription:
        moved = [each for each in self.payments if each.state in PAID_STATES | GAVE_BACK_STATES]
        bought = [(Term.of_bill(share.bill_id), each) for each in moved for share in each.request.split()]
        mine = {term: each for term, each in reversed(bought) if term and term.subscription_id == plain.id}
        paid = [(term, each.opened_at.date()) for term, each in reversed(mine.items()) if each.state in PAID_STATES]
        return extended(replace(plain, bought=len(mine)), paid)

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("the fake database is down")


@dataclass
class FakeAppointments:
    """Implements `ports.Appointments` on literals; ``replies`` is everything that was said, in order."""

    appointments: Sequence[Appointment] = ()
    today: date = date(2026, 1, 31)
    replies: list[tuple[Appointment, Reply, str]] = field(default_factory=list)

    def next_of(self, account: Account) -> Appointment | None:
        mine = [each for each in self.appointments if each.account_id == account.id and each.day >= self.today]
        for each in sorted(mine, key=lambda each: (each.day, each.at, each.id)):
            said = {(one.id, one.day, one.at): reply for one, reply, _ in self.replies}
            reply = said.get((each.id, each.day, each.at))
            if reply is not Reply.CANCELLED:
                return replace(each, reply=reply)
        return None

    def reply(self, appointment: Appointment, reply: Reply, call_uuid: str) -> None:
        self.replies.append((appointment, reply, call_uuid))
