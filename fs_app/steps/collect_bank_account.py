"""Ask for a bank account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain import fields, keys
from fs_app.domain.bank_account import BANKS, AccountType, BankAccount, bank_of, routing_ok
from fs_app.domain.prompt import Digits, Named, Prompt, say
from fs_app.domain.secret import Secret
from fs_app.errors import NotProtected
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, StepEnds

_TYPES = {"1": AccountType.CHECKING, "2": AccountType.SAVINGS}
_RIGHT, _WRONG = "1", "2"


class CollectBankAccount(AskingStep):
    """Asks for the routing number, for the account number twice, and for the kind of account.

    The bank is told by its name where it is one of the largest, else by its digits, and the caller says whether
    that is theirs. It takes the holder's name and address, which the operator's data have to hold: a bank account
    without them is not asked for, nor while the gateway is down or keys would not stay private.
    """

    do = "collect_bank_account"
    secret = True
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "collected": Outcome(
            "the bank account is complete",
            teaches=frozenset({Fact.MEANS, Fact.BANK}),
            forgets=frozenset({Fact.CARD, Fact.CONSENT, Fact.MANDATE}),
        ),
        "unavailable": Outcome(
            "none was asked for: no holder on file, the gateway is down, or keys would not stay private"
        ),
        **ASKING,
    }
    keys = {
        "9 digits": "the routing number",
        "4 to 17 digits, then #": "the account number, twice",
        "1": "yes, that is my bank; a checking account",
        "2": "no, another bank; a savings account",
    }
    says = AskingStep.says | {f"bank_{name}" for name in BANKS.values()}

    routing: Annotated[PhraseName, Says()] = Field("enter_routing_number", description="the question for it")
    routing_again: Annotated[PhraseName, Says()] = Field("enter_routing_number_again", description="more at length")
    routing_wrong: Annotated[PhraseName, Says()] = Field("routing_number_wrong", description="no bank can have it")
    bank: Annotated[PhraseName, Says("bank")] = Field("your_bank_is", description="offers keys 1 and 2")
    bank_unnamed: Annotated[PhraseName, Says("digits")] = Field(
        "your_routing_number_is", description="the same for a bank whose name is not recorded"
    )
    number: Annotated[PhraseName, Says()] = Field("enter_bank_account", description="the question for the number")
    number_again: Annotated[PhraseName, Says()] = Field("enter_bank_account_again", description="more at length")
    repeated: Annotated[PhraseName, Says()] = Field(
        "enter_bank_account_once_more", description="the question for it a second time"
    )
    differs: Annotated[PhraseName, Says()] = Field("bank_accounts_differ", description="the two are not the same")
    account_type: Annotated[PhraseName, Says()] = Field("enter_account_type", description="offers keys 1 and 2")
    unavailable: Annotated[PhraseName, Says()] = Field(
        "bank_accounts_unavailable", description="said where none can be asked for"
    )

    def run(self, call: Call) -> str:
        holder = proved(call.facts.account).holder
        if holder is None or not call.services.cashier.ready():
            return self._refuse(call)
        bank = BankAccount(Secret(), Secret(), holder=holder)
        try:
            self._fill(call, bank)
            call.facts.pay_with(bank)
        except NotProtected:
            return self._refuse(call)
        finally:
            if call.facts.means is not bank:
                bank.wipe()
        return "collected"

    def _fill(self, call: Call, bank: BankAccount) -> None:
        """Ask the three questions in order; ``*`` goes back to the one before."""
        questions = (self._ask_routing, self._ask_number, self._ask_type)
        position = 0
        while position < len(questions):
            try:
                questions[position](call, bank)
            except StepEnds as ends:
                if ends.outcome != "back" or position == 0:
                    raise
                position -= 1
            else:
                position += 1

    def _ask_routing(self, call: Call, bank: BankAccount) -> None:
        """Until the caller says that it is their bank."""

        def wrong(digits: str) -> Prompt | None:
            return None if routing_ok(digits) else say(self.routing_wrong)

        for _ in range(self.tries):
            bank.routing.wipe()
            question, again = say(self.routing), say(self.routing_again)
            bank.routing = ask(call, fields.routing_number(), question, again, tries=self.tries, check=wrong)
            bank.brand = bank_of(bank.routing.reveal()) or ""
            if self._is_theirs(call, bank):
                return
        raise StepEnds("gave_up")

    def _is_theirs(self, call: Call, bank: BankAccount) -> bool:
        if bank.brand:
            question = say(self.bank, bank=Named(f"bank_{bank.brand}"))
        else:
            question = say(self.bank_unnamed, digits=Digits(bank.routing.reveal()))
        try:
            key = ask(call, keys.menu("bank", _RIGHT + _WRONG), question, question, tries=self.tries)
        except StepEnds as ends:
            if ends.outcome != "back":
                raise
            return False
        return key.reveal() == _RIGHT

    def _ask_number(self, call: Call, bank: BankAccount) -> None:
        """Twice, until both are the same."""
        for attempt in range(self.tries):
            question = say(self.number_again if attempt else self.number)
            bank.number.wipe()
            bank.number = ask(
                call, fields.bank_account_number(), question, say(self.number_again), tries=self.tries
            )
            more = say(self.repeated)
            with ask(call, fields.bank_account_number(), more, more, tries=self.tries) as repeated:
                if repeated.reveal() == bank.number.reveal():
                    bank.last_four = bank.number.reveal()[-4:]
                    return
            call.channel.forget_keys()
            call.channel.play(say(self.differs))
        raise StepEnds("gave_up")

    def _ask_type(self, call: Call, bank: BankAccount) -> None:
        question = say(self.account_type)
        key = ask(call, keys.menu("account type", frozenset(_TYPES)), question, question, tries=self.tries)
        bank.type = _TYPES[key.reveal()]

    def _refuse(self, call: Call) -> str:
        call.channel.play(say(self.unavailable))
        return "unavailable"
