"""Look the caller's own telephone number up."""

from __future__ import annotations

from fs_app.flow.call import Call
from fs_app.flow.facts import Claim, Fact
from fs_app.flow.step import Outcome, Step

# An account of one's own comes with everything that was learnt about another one.
ABOUT_ANOTHER = frozenset({Fact.ACCOUNT, Fact.BILLS, Fact.AMOUNT, Fact.CONSENT})


class IdentifyCallerId(Step):
    """Looks for the one account with the caller's telephone number; says nothing.

    A caller ID can be forged, so this is a claim only: verify_identity comes before anything is told.
    """

    do = "identify_caller_id"
    outcomes = {
        "found": Outcome("one account has this number", teaches=frozenset({Fact.CLAIM}), forgets=ABOUT_ANOTHER),
        "not_found": Outcome("no account, several accounts, or the caller sends no number"),
    }

    def run(self, call: Call) -> str:
        account = call.services.directory.by_caller_id(call.caller_id) if call.caller_id else None
        if account is None:
            return "not_found"
        call.facts.claim = Claim(account)
        return "found"
