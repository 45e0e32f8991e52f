"""The points at which a process dies: each where it says, and for the payment it was armed for."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest

from fs_app.chaos import points
from fs_app.chaos.points import ANY, Fuse, Point, watched
from fs_app.domain.card import Card
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentRequest
from fs_app.domain.secret import Secret
from fs_app.payments.cashier import GatewayCashier
from fs_app.ports import Delivery, Ledger, Message
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.schema import migrate
from fs_app.testing.fakes_payments import ScriptedGateway, StandingClock

AMOUNT = Money(1234, "USD")


class Died(BaseException):
    """Instead of SIGKILL."""


@pytest.fixture
def fuse(monkeypatch: pytest.MonkeyPatch) -> Fuse:
    def die() -> None:
        raise Died

    monkeypatch.setattr(points, "_die", die)
    return Fuse()


@pytest.fixture
def ledger(tmp_path) -> Iterator[Ledger]:
    (tmp_path / "db").touch()
    database = Database(f"sqlite:///{tmp_path}/db", 2)
    migrate(database)
    yield SqlLedger(database, StandingClock())
    database.close()


def pay(ledger: Ledger, gateway: ScriptedGateway, fuse: Fuse) -> None:
    cashier = GatewayCashier(
        watched(ledger, points.LEDGER, fuse), watched(gateway, points.GATEWAY, fuse), StandingClock()
    )
    card = Card(Secret("4111111111111111"), Secret("1231"), Secret("987"), Secret("94107"))
    cashier.pay(PaymentRequest("call", "a", "b", AMOUNT), card)


# Where a process died: what the gateway was asked by then, and what the ledger has.
WHERE = {
    Point.BEFORE_OPEN: ([], []),
    Point.AFTER_OPEN: ([], ["opened"]),
    Point.AFTER_REPLY: (["authorise"], ["opened"]),
    Point.AFTER_RECORD: (["authorise"], ["authorised"]),
    Point.BEFORE_SUBMIT: (["authorise"], ["authorised"]),
    Point.AFTER_SUBMIT: (["authorise", "submit"], ["authorised"]),
    Point.AFTER_PAID: (["authorise", "submit"], ["submitted"]),
}


@pytest.mark.parametrize("point", WHERE)
def test_a_death_comes_where_it_was_ordered(point: Point, ledger: Ledger, fuse: Fuse) -> None:
    gateway = ScriptedGateway()
    fuse.arm(point, AMOUNT.minor)
    with pytest.raises(Died):
        pay(ledger, gateway, fuse)
    assert (gateway.calls, [payment.state.value for payment in ledger.payments()]) == WHERE[point]


@pytest.mark.parametrize("point", list(Point))
def test_a_payment_of_another_amount_lives(point: Point, ledger: Ledger, fuse: Fuse) -> None:
    fuse.arm(point, AMOUNT.minor + 1)
    pay(ledger, ScriptedGateway(), fuse)
    gevent.sleep(points._LATEST_SECONDS * 2)
    assert [payment.state.value for payment in ledger.payments()] == ["submitted"]


@pytest.mark.parametrize("point", [Point.DURING_OPEN, Point.DURING_SEND, Point.DURING_RECORD, Point.DURING_SUBMIT])
def test_a_death_during_a_method_comes_from_beside_it(
    point: Point, ledger: Ledger, fuse: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = []
    monkeypatch.setattr(points, "_die", lambda: deaths.append(point))
    fuse.arm(point)
    pay(ledger, ScriptedGateway(), fuse)
    gevent.sleep(points._LATEST_SECONDS * 2)
    assert set(deaths) == {point}


@pytest.mark.parametrize(("point", "sent"), [(Point.BEFORE_RECEIPT, 0), (Point.AFTER_RECEIPT, 1)])
def test_a_death_at_a_receipt(point: Point, sent: int, fuse: Fuse) -> None:
    messages = []

    class Provider:
        def send(self, message: Message) -> Delivery:
            messages.append(message)
            return Delivery.SENT

    fuse.arm(point, ANY)
    with pytest.raises(Died):
        watched(Provider(), points.MESSENGER, fuse).send(Message(Contact.parse("sms:+15550100001"), "text", "key"))
    assert len(messages) == sent


def test_who_is_disarmed_lives(ledger: Ledger, fuse: Fuse) -> None:
    fuse.arm(Point.AFTER_OPEN)
    fuse.disarm()
    pay(ledger, ScriptedGateway(), fuse)
