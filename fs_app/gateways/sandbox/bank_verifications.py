"""Verifications of bank accounts: by asking the network, by two small transfers, or on the merchant's own word.

The sandbox's account numbers decide (Braintree: testing ACH). A declined account stays on file, unverified.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from fs_app.gateways.sandbox import criteria
from fs_app.gateways.sandbox.criteria import Searchable
from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Route, refuse, text
from fs_app.gateways.sandbox.store import global_id, new_id
from fs_app.gateways.sandbox.xml import Tree

if TYPE_CHECKING:
    from fs_app.gateways.sandbox.bank_accounts import BankAccountOnFile

METHODS = frozenset({"network_check", "micro_transfers", "independent_check", "tokenized_check"})
_TRANSFERS = ["17", "29"]  # cents
_MOST_TRIES = 5


class NetworkCheck(NamedTuple):
    """What the network says of an account."""

    code: str
    text: str
    additional: str | None = None


_GOOD = NetworkCheck("1000", "Approved")
_NETWORK = {
    "1000000000": _GOOD,
    "1000000001": NetworkCheck("1003", "Approved with Risk"),
    "1000000002": NetworkCheck("3000", "Processor Network Unavailable - Try Again"),
    "1000000004": NetworkCheck("2046", "Declined"),
    "1000000005": NetworkCheck("2061", "Invalid Transaction Data", "Invalid routing number"),
    "1000000006": NetworkCheck("2092", "No Data Found - Try Another Verification Method"),
    "1000000007": NetworkCheck("2092", "No Data Found - Try Another Verification Method"),
    "1000000008": NetworkCheck("2061", "Invalid Transaction Data", "Invalid account number"),
    "1000000009": NetworkCheck("2061", "Invalid Transaction Data", "Invalid account type"),
}


def network_check_of(number: str) -> NetworkCheck:
    """What the network will say of an account with this number."""
    return _NETWORK.get(number, NetworkCheck("2038", "Processor Declined"))


@dataclass(slots=True)
class BankVerification:
    """A verification that took place, or waits for the two amounts."""

    id: str
    method: str
    status: str
    kept: BankAccountOnFile
    account_id: str | None
    created_at: datetime
    check: NetworkCheck | None = None
    tries: int = 0


def verify(call: Call, kept: BankAccountOnFile, method: str, options: Tree) -> BankVerification:
    """Verify an account on file now; micro transfers wait for their amounts."""
    check = kept.account.network_check if method == "network_check" else None
    passed = check is None or check.code.startswith("1")
    status = "pending" if method == "micro_transfers" else "verified" if passed else "processor_declined"
    account_id = text(options, "verification_merchant_account_id")
    made = BankVerification(new_id(), method, status, kept, account_id, call.now, check)
    kept.verifications.insert(0, made)
    kept.verified = kept.verified or status == "verified"
    call.books.bank_verifications[made.id] = made
    return made


def verification_view(made: BankVerification) -> Tree:
    """A verification without its account."""
    check = made.check
    return {
        "id": made.id,
        "status": made.status,
        "verification_method": made.method,
        "verification_determined_at": made.created_at if made.status != "pending" else None,
        "merchant_account_id": made.account_id,
        "processor_response_code": check.code if check else None,
        "processor_response_text": check.text if check else None,
        "additional_processor_response": check.additional if check else None,
        "gateway_rejection_reason": None,
        "created_at": made.created_at,
        "updated_at": made.created_at,
        "global_id": global_id("usbankaccountverification", made.id),
    }


def _whole(made: BankVerification) -> Tree:
    from fs_app.gateways.sandbox.bank_accounts import account_view

    account = {"token": made.kept.token, **account_view(made.kept.account)}
    return {**verification_view(made), "us_bank_account": account}


# --- endpoints ------------------------------------------------------------------------------------------------


def find(call: Call) -> Answer:
    """GET /us_bank_account_verifications/ID."""
    return Answer(200, "us_bank_account_verification", _whole(_known(call)))


def confirm(call: Call) -> Answer:
    """PUT /us_bank_account_verifications/ID/confirm_micro_transfer_amounts: the cents of the two transfers."""
    made = _known(call)
    amounts = call.params.get("deposit_amounts")
    given = sorted(str(each) for each in amounts) if isinstance(amounts, list) else []
    if made.status == "pending" and given == _TRANSFERS:
        if made.kept.account.settles_transfers:
            made.status, made.kept.verified = "verified", True
        return Answer(200, "us_bank_account_verification", _whole(made))
    if made.status != "pending":
        refuse(call, "96103" if made.status == "verified" else "96104", "us_bank_account_verification")
    made.tries += 1
    if made.tries >= _MOST_TRIES:
        made.status = "gateway_rejected"
        refuse(call, "96104", "us_bank_account_verification")
    refuse(call, "96103", "us_bank_account_verification")
    raise AssertionError("refused")


def _known(call: Call) -> BankVerification:
    made = call.books.bank_verifications.get(call.args[0])
    if made is None:
        raise NotFound
    return made


def _digits(made: BankVerification) -> Any:
    return made.kept.account.last_4


_SEARCHABLE: Searchable[BankVerification] = Searchable(
    {
        "id": lambda made: made.id,
        "ids": lambda made: made.id,
        "status": lambda made: made.status,
        "verification_method": lambda made: made.method,
        "customer_id": lambda made: made.kept.customer_id,
        "payment_method_token": lambda made: made.kept.token,
        "account_holder_name": lambda made: made.kept.account.holder,
        "account_type": lambda made: made.kept.account.account_type,
        "account_number": _digits,
        "routing_number": lambda made: made.kept.account.routing_number,
        "created_at": lambda made: made.created_at,
    },
    lambda _: [],
    "us_bank_account_verifications",
    "us_bank_account_verification",
)


def _newest_first(call: Call) -> Iterator[BankVerification]:
    return reversed(call.books.bank_verifications.values())


def ids(call: Call) -> Answer:
    """POST /us_bank_account_verifications/advanced_search_ids."""
    return criteria.ids(call, _SEARCHABLE, _newest_first(call))


def page(call: Call) -> Answer:
    """POST /us_bank_account_verifications/advanced_search."""
    return criteria.page(call, _SEARCHABLE, _newest_first(call), _whole)


_PATH = "/us_bank_account_verifications"
ROUTES: tuple[Route, ...] = (
    ("POST", f"{_PATH}/advanced_search_ids", ids),
    ("POST", f"{_PATH}/advanced_search", page),
    ("GET", f"{_PATH}/{ID}", find),
    ("PUT", f"{_PATH}/{ID}/confirm_micro_transfer_amounts", confirm),
)
