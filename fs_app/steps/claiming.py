"""Who a caller says they are: each link of a chain that brings a claim. Nothing is proved by it.

Whether there is such an account is not told here: what proves it is asked for in any case, so that nobody can try
out which numbers exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from fs_app.domain import fields, keys
from fs_app.domain.bill import Account
from fs_app.domain.prompt import Prompt, say
from fs_app.domain.rules import Rules
from fs_app.flow.asking import ask
from fs_app.flow.call import Call
from fs_app.ports import Directory

LAST_ACCOUNT, ANOTHER_ACCOUNT = "1", "2"


class ClaimLink(StrEnum):
    """A way to say who one is."""

    CALLER_ID = "caller_id"  # the number they call from
    LAST_ACCOUNT = "last_account"  # the account they used when they last called from it
    ACCOUNT_NUMBER = "account_number"
    BILL_NUMBER = "bill_number"
    CUSTOMER_NUMBER = "customer_number"


@dataclass(frozen=True, slots=True)
class Claim:
    """The account that a caller says is theirs; None where there is no such account, which they are not told.
    ``subject`` is what wrong proofs are counted by: the same for an account, however it was claimed."""

    account: Account | None
    subject: str


@dataclass(frozen=True, slots=True)
class _Number:
    """A number that is keyed: its field, and who looks it up."""

    field: Callable[[Rules], keys.Field]
    find: Callable[[Directory, str], Account | None]


KEYED = {
    ClaimLink.ACCOUNT_NUMBER: _Number(
        lambda rules: fields.account_number(*rules.account_lengths), lambda directory, n: directory.by_number(n)
    ),
    ClaimLink.BILL_NUMBER: _Number(
        lambda rules: fields.bill_number(*rules.bill_lengths), lambda directory, n: directory.by_bill_number(n)
    ),
    ClaimLink.CUSTOMER_NUMBER: _Number(
        lambda rules: fields.customer_number(*rules.customer_lengths),
        lambda directory, n: directory.by_customer_number(n),
    ),
}
"""The links that ask for a number: one of these gives a claim whatever is keyed."""


_CLAIM = "claim"
"""Where a call keeps what was keyed, so that another server goes on with the proof."""


def claim_keyed(call: Call, link: ClaimLink, question: Prompt, again: Prompt, tries: int) -> Claim:
    """Ask for a number. StepEnds as `ask`."""
    keyed = ask(call, KEYED[link].field(call.line.rules), question, again, tries=tries).reveal()
    call.within[_CLAIM] = f"{link}:{keyed}"
    call.keep()
    return _look_up(call, link, keyed)


def claim_kept(call: Call) -> tuple[ClaimLink, Claim] | None:
    """What was keyed at a server that is gone."""
    link, _, keyed = call.within.get(_CLAIM, "").partition(":")
    return (ClaimLink(link), _look_up(call, ClaimLink(link), keyed)) if link in set(KEYED) else None


def drop_claim(call: Call) -> None:
    """It did not fit, or is asked for anew."""
    if call.within.pop(_CLAIM, None) is not None:
        call.keep()


def _look_up(call: Call, link: ClaimLink, keyed: str) -> Claim:
    account = KEYED[link].find(call.services.directory, keyed)
    return Claim(account, f"{link}:{keyed}") if account is None else claim_of(account)


def claim_by_caller_id(call: Call, recognized: str) -> Claim | None:
    """The one account with the caller's number, which they are told; None where there is none."""
    account = call.services.directory.by_caller_id(call.caller_id) if call.caller_id else None
    if account is None:
        return None
    call.channel.play(say(recognized))
    return claim_of(account)


def claim_last_account(call: Call, offer: str, tries: int) -> Claim | None:
    """The account that was proved in an earlier call from this telephone, where there still is one and the caller
    wants it. No digit of it is said. StepEnds as `ask`."""
    number = call.known.account_number if call.known is not None else None
    account = call.services.directory.by_number(number) if number is not None else None
    if account is None:
        return None
    field = keys.menu("last account", LAST_ACCOUNT + ANOTHER_ACCOUNT)
    answer = ask(call, field, say(offer), say(offer), tries=tries)
    return claim_of(account) if answer.reveal() == LAST_ACCOUNT else None


def claim_of(account: Account) -> Claim:
    """Somebody says that this account is theirs."""
    return Claim(account, f"account:{account.id}")
