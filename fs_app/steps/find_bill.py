"""Find a bill by what is printed on it, for whoever pays it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from fs_app.domain import fields
from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.prompt import say
from fs_app.domain.secret import Secret
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact
from fs_app.flow.step import Outcome, PhraseName, Says, StepEnds
from fs_app.steps.proving import postal_code_fits
from fs_app.steps.telling import BillTelling

_PHRASES: Mapping[BillKind | None, Mapping[str, str]] = MappingProxyType(
    {
        BillKind.FINE: {
            "number": "enter_citation_number",
            "number_again": "enter_citation_number_again",
            "say": "citation_is",
            "say_undated": "citation_is_undated",
            "no_such_bill": "citation_not_found",
            "nothing": "citation_nothing_due",
        }
    }
)
"""What is said otherwise of one kind of bill, unless YAML names another phrase."""

_ANOTHER = frozenset({Fact.AMOUNT, Fact.CONSENT})


class FindBill(BillTelling, AskingStep):
    """Asks for the number on a bill, for a caller who pays for somebody else, or a fine by its citation.

    That bill is told: what is due on it, when, and what of that is a fee or a discount. Nothing is told of the
    account it belongs to, and the caller is not taken for its holder. A debt in collection is never found: nobody
    but the debtor may hear of it (15 U.S.C. 1692c(b)).

    Numbers that lead to no bill are counted over the whole call, and for each telephone over all calls (settings:
    `lockout`). With `prove` the caller keys something of the bill's account, too; a wrong one sounds as a number
    without a bill does, and is counted for the bill as well.
    """

    do = "find_bill"
    outcomes = {
        "found": Outcome("there is something to pay on that bill; it was told", frozenset({Fact.BILLS}), _ANOTHER),
        "nothing_due": Outcome("that bill is paid; this was said", forgets=_ANOTHER | {Fact.BILLS}),
        "not_found": Outcome("the last number without a bill that is allowed in a call; this was said"),
        "locked": Outcome("too many wrong numbers from this telephone, or for this bill, lately; this was said"),
        **ASKING,
    }
    keys = {
        "digits, then #": "the number on the bill; its length is in the settings",
        "digits": "the postal code, where it is asked for",
    }

    kind: BillKind | None = Field(None, description="only bills of this kind are found; any, unless set")
    prove: Literal["postal_code"] | None = Field(
        None, description="`postal_code`: what is asked besides the number"
    )
    mismatches: int = Field(3, ge=1, le=9, description="so many numbers without a bill are allowed in one call")
    number: Annotated[PhraseName, Says()] = Field("enter_bill_number", description="the question")
    number_again: Annotated[PhraseName, Says()] = Field("enter_bill_number_again", description="at more length")
    postal_code: Annotated[PhraseName, Says()] = Field("enter_bill_postal_code", description="the question for it")
    postal_code_again: Annotated[PhraseName, Says()] = Field(
        "enter_bill_postal_code_again", description="at more length"
    )
    say: Annotated[PhraseName, Says("amount", "date")] = Field("bill_is", description="a bill with a due date")
    say_undated: Annotated[PhraseName, Says("amount")] = Field("bill_is_undated", description="a bill without one")
    no_such_bill: Annotated[PhraseName, Says()] = Field("bill_not_found", description="said of such a number")
    nothing: Annotated[PhraseName, Says()] = Field("bill_nothing_due", description="it is paid")
    locked: Annotated[PhraseName, Says()] = Field("lookups_locked", description="said where it is locked")

    @field_validator("kind", mode="after")
    @classmethod
    def _no_debt(cls, value: BillKind | None) -> BillKind | None:
        if value is BillKind.DEBT:
            raise ValueError("a debt is told to the debtor and to nobody else: use identify")
        return value

    @model_validator(mode="before")
    @classmethod
    def _phrases_of_the_kind(cls, given: Any) -> Any:
        kind = given.get("kind") if isinstance(given, dict) else None
        own = _PHRASES.get(BillKind(kind), {}) if kind in set(BillKind) else {}
        return {**own, **given} if isinstance(given, dict) else given

    def run(self, call: Call) -> str:
        while True:
            number = fields.bill_number(*call.line.rules.bill_lengths)
            digits = ask(call, number, say(self.number), say(self.number_again), tries=self.tries).reveal()
            try:
                outcome = self._look_up(call, digits)
            except StepEnds as ends:
                if ends.outcome != "back":
                    raise
                continue
            if outcome is not None:
                return outcome

    def _look_up(self, call: Call, digits: str) -> str | None:
        """One number; None where it leads to no bill and another one may be tried. StepEnds as `ask`."""
        proofs, lockout = call.services.proofs, call.line.rules.lockout
        with self._proof(call) as keyed:
            subjects = self._counted_by(call, digits)
            tried = [subject for subject in subjects if proofs.tried(subject, lockout)]
            locked = tried != subjects
            bill = None if locked else self._find(call, digits, keyed.reveal())
        if locked or bill is not None:
            for subject in tried:
                proofs.take_back(subject)
        if locked:
            return self._refuse(call, self.locked, "locked")
        if bill is not None:
            return self._tell(call, bill)
        call.counts["bills not found"] += 1
        call.keep()
        last = call.counts["bills not found"] >= self.mismatches
        return self._refuse(call, self.no_such_bill, "not_found" if last else None)

    def _proof(self, call: Call) -> Secret:
        """What is asked besides the number, whether or not there is such a bill; empty where nothing is."""
        if self.prove is None:
            return Secret()
        field = fields.postal_code(call.line.rules.postal_code_length)
        return ask(call, field, say(self.postal_code), say(self.postal_code_again), tries=self.tries)

    def _counted_by(self, call: Call, digits: str) -> list[str]:
        """Who tries, unless they send no number, which many share; and what is tried, where a proof is."""
        caller = [f"telephone:{call.caller_id}"] if call.caller_id else []
        return caller + ([f"bill:{digits}"] if self.prove is not None else [])

    def _find(self, call: Call, digits: str, keyed: str) -> Bill | None:
        """The bill, if it is of the right kind and what was keyed besides fits its account."""
        directory = call.services.directory
        bill = directory.bill_by_number(digits)
        if self.prove is not None and not postal_code_fits(directory.by_bill_number(digits), keyed):
            return None
        if bill is None or bill.kind is BillKind.DEBT:
            return None
        return bill if self.kind in (None, bill.kind) else None

    def _tell(self, call: Call, bill: Bill) -> str:
        if bill.due.minor <= 0:
            call.channel.play(say(self.nothing))
            return "nothing_due"
        call.facts.bills = (bill,)
        call.channel.play(self.told(bill))
        call.services.callers.remember(call.caller_id, language=call.channel.language)
        return "found"

    def _refuse(self, call: Call, phrase: str, outcome: str | None) -> str | None:
        call.channel.forget_keys()
        call.channel.play(say(phrase))
        return outcome
