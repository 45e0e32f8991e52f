"""Ask for the second factor."""

from __future__ import annotations

import hmac
from typing import Annotated, Literal

from pydantic import Field

from fs_app.domain import fields
from fs_app.domain.bill import Account
from fs_app.domain.prompt import say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says

_DISPROVED = frozenset({Fact.CLAIM, Fact.ACCOUNT, Fact.BILLS, Fact.AMOUNT, Fact.CONSENT})


class VerifyIdentity(AskingStep):
    """Asks for the PIN or the postal code of the account that the caller claims.

    A number without an account and an account with another PIN sound the same. Mismatches are counted over the
    whole call, whatever account was claimed, apart from typing errors.
    """

    do = "verify_identity"
    needs = frozenset({Fact.CLAIM})
    outcomes = {
        "verified": Outcome("it is the holder of the account", teaches=frozenset({Fact.ACCOUNT})),
        "closed": Outcome(
            "it is the holder of the account, but the account is closed", teaches=frozenset({Fact.ACCOUNT})
        ),
        "mismatch": Outcome("number and second factor do not match; this was said", forgets=_DISPROVED),
        "too_many_mismatches": Outcome("the last mismatch that is allowed in a call", forgets=_DISPROVED),
        **ASKING,
    }
    keys = {"digits": "the PIN or the postal code; their lengths are in the settings"}

    by: Literal["pin", "postal_code"] = Field("pin", description="the second factor")
    mismatches: int = Field(3, ge=1, le=9, description="so many mismatches are allowed in one call")
    pin: Annotated[PhraseName, Says()] = Field("enter_pin", description="the question for the PIN")
    pin_again: Annotated[PhraseName, Says()] = Field("enter_pin_again", description="from the second try on")
    postal_code: Annotated[PhraseName, Says()] = Field(
        "enter_account_postal_code", description="the question for the postal code"
    )
    postal_code_again: Annotated[PhraseName, Says()] = Field(
        "enter_account_postal_code_again", description="from the second try on"
    )
    no_match: Annotated[PhraseName, Says()] = Field("no_match", description="said after a mismatch")

    def run(self, call: Call) -> str:
        account = proved(call.facts.claim).account
        if self._matches(call, account):
            call.facts.account = account
            return "closed" if proved(account).closed else "verified"
        call.counts["mismatches"] += 1
        call.channel.forget_keys()
        call.channel.play(say(self.no_match))
        return "too_many_mismatches" if call.counts["mismatches"] >= self.mismatches else "mismatch"

    def _matches(self, call: Call, account: Account | None) -> bool:
        limits = call.line.rules
        if self.by == "pin":
            field = fields.pin(limits.pin_length)
            question, again = say(self.pin), say(self.pin_again)
        else:
            field = fields.postal_code(limits.postal_code_length)
            question, again = say(self.postal_code), say(self.postal_code_again)
        with ask(call, field, question, again, tries=self.tries) as keyed:
            if account is None:
                return False
            if self.by == "pin":
                return call.services.directory.pin_matches(account, keyed.reveal())
            return _same_postal_code(account, keyed.reveal())


def _same_postal_code(account: Account, keyed: str) -> bool:
    """Compares the leading digits: telephones have no letters, and a longer code on file (ZIP+4) is fine."""
    on_file = "".join(character for character in account.postal_code or "" if character in "0123456789")
    return hmac.compare_digest(on_file[: len(keyed)], keyed)
