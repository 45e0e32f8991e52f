"""A call whose server dies goes on at another one: at the step where it was, and with nothing charged twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from dialogue import BILL, CARD, CLOSED, EXPIRY, FLOW, OPEN, PAID, VISA, VOICE, WHOLE_CALL

from fs_app.domain.card import Card
from fs_app.domain.payment import (
    Approved,
    ChargeResult,
    Declined,
    Payment,
    PaymentRequest,
    PaymentState,
    TransactionId,
    Unavailable,
    Unknown,
)
from fs_app.errors import CallEnded
from fs_app.flow.call import Call, Line
from fs_app.flow.checkpoint import Checkpoint
from fs_app.flow.engine import run_flow
from fs_app.testing.fakes import FakeCashier, FakeCheckpoints, FakeDirectory, Gate, ListJournal, approve
from fs_app.testing.fakes_callers import FakeProofs
from fs_app.testing.phone import HANG_UP, ScriptedPhone
from fs_app.testing.services import fake_services

# What the caller keys from each step on. A card that was keyed before is asked for again.
FROM = {
    "welcome": WHOLE_CALL,
    "identity": WHOLE_CALL[1:],  # the account number is known already
    "balance": WHOLE_CALL[2:],
    "amount": WHOLE_CALL[2:],
    "card": [*CARD, "1"],
    "confirm": [*CARD, "1"],
    "charge": [*CARD, "1"],
}


class Died(Exception):
    """The server was killed."""


@dataclass
class Kept(FakeCheckpoints):
    """Remembers every place, by the name of its step."""

    by_step: dict[str, str] = field(default_factory=dict)

    def keep(self, uuid: str, text: str) -> None:
        super().keep(uuid, text)
        self.by_step[Checkpoint.model_validate_json(text).step] = text


@dataclass
class Servers:
    """Two servers and what they share: the accounts, the ledger, the gateway, the checkpoints."""

    cashier: FakeCashier = field(default_factory=lambda: FakeCashier(approve))
    checkpoints: Kept = field(default_factory=Kept)
    pins: dict[str, str] = field(default_factory=lambda: {"a1": "2468"})
    proofs: FakeProofs = field(default_factory=FakeProofs)
    leaving: bool = False
    down: bool = False

    def call(self, answers: list[str]) -> tuple[Call, ScriptedPhone]:
        directory = FakeDirectory([OPEN, CLOSED, PAID], [BILL], pins=self.pins, down=self.down)
        services = fake_services(
            directory=directory, cashier=self.cashier, checkpoints=self.checkpoints, proofs=self.proofs
        )
        phone = ScriptedPhone(VOICE, answers)
        line = Line("pay_balance", "en", "payments")
        return Call(line, phone, services, ListJournal(), leaves=lambda: self.leaving), phone

    def resume(self, text: str, answers: list[str]) -> tuple[str, ScriptedPhone]:
        """The second server takes the call; the path it took, and what the caller heard."""
        call, phone = self.call(answers)
        run_flow(FLOW, call, Checkpoint.read(text))
        return call.journal.path, phone


def begun(answers: list[str], gate: Gate = approve) -> Servers:
    """A call at the first server, as far as the answers go; then it is gone."""
    servers = Servers(FakeCashier(gate))
    call, _ = servers.call([*answers, HANG_UP])
    with pytest.raises((CallEnded, Died)):
        run_flow(FLOW, call)
    return servers


@pytest.mark.parametrize("step", FROM)
def test_the_call_goes_on_at_its_step_and_is_paid_once(step: str) -> None:
    servers = begun(WHOLE_CALL[:-1] if step != "charge" else WHOLE_CALL, _die if step == "charge" else approve)
    servers.cashier.gate = approve
    path, phone = servers.resume(servers.checkpoints.by_step[step], FROM[step])
    assert path.startswith("card:" if step in ("confirm", "charge") else f"{step}:")
    assert path.endswith("charge:approved result:paid goodbye:ended")
    assert phone.left == []
    assert [payment.state for payment in servers.cashier.payments] == [PaymentState.SUBMITTED]
    assert servers.cashier.payments[0].request.amount == BILL.due


def _die(request: PaymentRequest, card: Card) -> ChargeResult:
    """Killed before the attempt was even opened."""
    raise Died


# --- a charge under way ------------------------------------------------------------------------------------------


def half_charged(found: ChargeResult | None) -> Servers:
    """The first server opened an attempt and died; the gateway has what it has."""
    servers = begun(WHOLE_CALL, lambda request, card: Unknown("no answer yet"))
    servers.cashier.payments = [_opened(servers.cashier.payments[0])]
    servers.cashier.found = found
    return servers


def _opened(payment: Payment) -> Payment:
    return Payment(payment.id, payment.order_id, payment.confirmation, PaymentState.OPENED, payment.request,
                   payment.opened_at)  # fmt: skip


APPROVED = Approved(TransactionId("t9"), BILL.due)
FOUND = [
    (APPROVED, [], "charge:approved result:paid goodbye:ended", "is complete"),
    (None, [], "charge:unknown result:being_checked goodbye:ended", "being checked"),
    (
        Unavailable("nothing there"),
        [],
        "charge:unavailable result:not_paid operator:talked",
        "was not charged",
    ),
    (
        Declined("2000"),
        ["1", *CARD, "1"],
        "charge:offer_other_card other_card:card card:collected",
        "did not accept this card",
    ),
    (Declined("2010"), [*CARD, "1"], "charge:ask_security_code card:collected confirm:confirmed", "security code"),
]


@pytest.mark.parametrize(("found", "answers", "path", "said"), FOUND, ids=[str(each[2]) for each in FOUND])
@pytest.mark.parametrize("step", ["charge", "confirm"])  # the last checkpoint may be the one before the charge
def test_a_charge_under_way_is_taken_up_and_the_truth_is_told(
    step: str, found: ChargeResult | None, answers: list[str], path: str, said: str
) -> None:
    servers = half_charged(found)
    gone, phone = servers.resume(servers.checkpoints.by_step[step], answers)
    assert gone.startswith(path)
    assert said in " ".join(phone.said)
    assert len(servers.cashier.payments) == 1 + path.count("card:collected")


def test_an_ending_that_was_found_is_told_again_and_nothing_is_charged() -> None:
    servers = begun(WHOLE_CALL)
    path, phone = servers.resume(servers.checkpoints.by_step["result"], [])
    assert path == "result:paid goodbye:ended"
    assert "is complete" in phone.said[0]
    assert len(servers.cashier.payments) == 1


def test_what_was_being_checked_and_has_been_found_meanwhile_is_told_as_it_is() -> None:
    servers = begun(WHOLE_CALL, lambda request, card: Unknown("no answer"))
    payment = servers.cashier.payments[0]
    servers.cashier.payments = [Payment(payment.id, payment.order_id, payment.confirmation, PaymentState.SUBMITTED,
                                        payment.request, payment.opened_at)]  # fmt: skip
    assert servers.resume(servers.checkpoints.by_step["result"], [])[0] == "result:paid goodbye:ended"


# --- what is kept ------------------------------------------------------------------------------------------------


def test_no_checkpoint_holds_anything_of_a_card_or_what_proves_who_calls() -> None:
    kept = " ".join(begun(WHOLE_CALL).checkpoints.by_step.values())
    assert OPEN.number in kept
    for secret in (VISA, EXPIRY, "1111", "12/28", "2468", "90210", "+15550100001"):
        assert secret not in kept


def test_declines_count_over_both_servers() -> None:
    declined = begun(["12345678#", "2468", "1", *CARD, "1", "1", *CARD, "1"], lambda *_: Declined("2000"))
    declined.cashier.gate = lambda *_: Declined("2000")
    path, _ = declined.resume(declined.checkpoints.by_step["other_card"], ["1", *CARD, "1"])
    assert path.startswith("other_card:card card:collected confirm:confirmed charge:too_many_declines")


def test_wrong_pins_count_over_both_servers() -> None:
    guessed = begun(["12345678#", "0001", "12345678#", "0002", "12345678#"])
    path, _ = guessed.resume(guessed.checkpoints.by_step["identity"], ["0003"])
    assert path.startswith("identity:too_many_mismatches")


def test_an_account_that_does_not_exist_sounds_no_other_at_the_second_server() -> None:
    servers = begun(["99999999#"])
    path, phone = servers.resume(servers.checkpoints.by_step["identity"], ["0001", *WHOLE_CALL])
    assert path.startswith("identity:identified balance:due")
    assert phone.said[:2] == ["Please key in your PIN.", "We could not find an account with those numbers."]


def test_what_was_keyed_is_asked_again_where_the_caller_went_back_to_it() -> None:
    servers = begun(["12345678#", "*"])
    _, phone = servers.resume(servers.checkpoints.by_step["identity"], WHOLE_CALL)
    assert phone.said[0].startswith("Please key in your account number")


def test_wrong_pins_count_over_all_calls_and_servers() -> None:
    servers = Servers()
    for pins in (["0001", "0002", "0003"], ["0004", "0005"]):
        call, _ = servers.call([key for pin in pins for key in ("12345678#", pin)])
        run_flow(FLOW, call)
    path, phone = servers.resume(servers.checkpoints.by_step["identity"], ["12345678#"])
    assert path.startswith("identity:locked operator:talked")
    assert "PIN" not in "".join(phone.said)


# --- what can be wrong with a checkpoint -----------------------------------------------------------------------


def test_a_step_that_the_new_flow_does_not_have_leads_to_the_last_one_it_has() -> None:
    servers = begun(WHOLE_CALL[:3])
    place = Checkpoint.model_validate_json(servers.checkpoints.by_step["card"])
    moved = place.model_copy(update={"step": "renamed", "trail": (*place.trail[:-1], "renamed")})
    path, _ = servers.resume(moved.text(), FROM["amount"])
    assert path.startswith("amount:chosen card:collected")


def test_an_account_that_is_gone_is_asked_for_again() -> None:
    servers = begun(WHOLE_CALL[:3])
    place = Checkpoint.model_validate_json(servers.checkpoints.by_step["card"])
    path, _ = servers.resume(place.model_copy(update={"account": "404"}).text(), WHOLE_CALL)
    assert path.startswith("identity:identified balance:due")


@pytest.mark.parametrize("text", ["", "{}", "null", '{"flow": "f", "step": "s", "language": "en", "card": "4111"}'])
def test_a_text_that_is_no_checkpoint_is_none(text: str) -> None:
    assert Checkpoint.read(text) is None


def test_a_database_that_is_down_at_the_second_server_leads_to_a_person() -> None:
    servers = begun(WHOLE_CALL[:3])
    servers.down = True
    path, phone = servers.resume(servers.checkpoints.by_step["card"], [])
    assert path.startswith("card:trouble operator:talked")
    assert phone.said[0] == "We are sorry. We have a technical problem."


# --- a server that leaves ----------------------------------------------------------------------------------------


def test_a_server_that_leaves_lets_go_at_the_next_step() -> None:
    servers = Servers(leaving=True)
    call, phone = servers.call(WHOLE_CALL)
    assert run_flow(FLOW, call) == "moved"
    assert phone.said == [] and not phone.ended
    servers.leaving = False
    assert servers.resume(servers.checkpoints.places[phone.uuid], WHOLE_CALL)[0].endswith(
        "result:paid goodbye:ended"
    )


def test_a_call_is_not_let_go_where_its_place_cannot_be_kept() -> None:
    servers = Servers(leaving=True)
    servers.checkpoints.down = True
    call, phone = servers.call(WHOLE_CALL)
    assert run_flow(FLOW, call) == "finished"
    assert phone.ended
