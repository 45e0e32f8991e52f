"""What a merchant brings against a dispute: words and documents, some in categories with rules, then finalized."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fs_app.gateways.sandbox.disputes import (
    Dispute,
    Evidence,
    enter,
    evidence_view,
    known,
    must_be_open,
)
from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route, refuse, text
from fs_app.gateways.sandbox.modifications import number
from fs_app.gateways.sandbox.store import new_id

_DATES = frozenset(
    {
        "DOWNLOAD_DATE_TIME",
        "PRIOR_DIGITAL_GOODS_TRANSACTION_DATE_TIME",
        "PRIOR_NON_DISPUTED_TRANSACTION_DATE_TIME",
        "RECURRING_TRANSACTION_DATE_TIME",
    }
)
_TEXTS = _DATES | {
    "CARRIER_NAME",
    "DEVICE_ID",
    "DEVICE_NAME",
    "GEOGRAPHICAL_LOCATION",
    "PRIOR_DIGITAL_GOODS_TRANSACTION_ARN",
    "PRIOR_DIGITAL_GOODS_TRANSACTION_ID",
    "PRIOR_NON_DISPUTED_TRANSACTION_ARN",
    "PRIOR_NON_DISPUTED_TRANSACTION_EMAIL_ADDRESS",
    "PRIOR_NON_DISPUTED_TRANSACTION_ID",
    "PRIOR_NON_DISPUTED_TRANSACTION_IP_ADDRESS",
    "PRIOR_NON_DISPUTED_TRANSACTION_PHONE_NUMBER",
    "PRIOR_NON_DISPUTED_TRANSACTION_PHYSICAL_ADDRESS",
    "PURCHASER_EMAIL_ADDRESS",
    "PURCHASER_IP_ADDRESS",
    "PURCHASER_NAME",
    "RECURRING_TRANSACTION_ARN",
    "RECURRING_TRANSACTION_ID",
    "TRACKING_NUMBER",
    "TRACKING_URL",
}
_DOCUMENTS = frozenset(
    {
        "LEGIT_PAYMENTS_FOR_SAME_MERCHANDISE",
        "MERCHANT_WEBSITE_OR_APP_ACCESS",
        "PROFILE_SETUP_OR_APP_ACCESS",
        "PROOF_OF_AUTHORIZED_SIGNER",
        "PROOF_OF_DELIVERY",
        "PROOF_OF_DELIVERY_EMP_ADDRESS",
        "PROOF_OF_POSSESSION_OR_USAGE",
        "SIGNED_DELIVERY_FORM",
        "SIGNED_ORDER_FORM",
        "TICKET_PROOF",
    }
)
_EITHER = frozenset({"GENERAL"})

# What digital goods are proven with: two of these, each whole, and the time of the download.
_DIGITAL_GOODS: tuple[frozenset[str], ...] = (
    frozenset({"DEVICE_ID", "DEVICE_NAME"}),
    frozenset({"MERCHANT_WEBSITE_OR_APP_ACCESS"}),
    frozenset({"PRIOR_DIGITAL_GOODS_TRANSACTION_ARN", "PRIOR_DIGITAL_GOODS_TRANSACTION_DATE_TIME"}),
    frozenset({"PRIOR_DIGITAL_GOODS_TRANSACTION_ID", "PRIOR_DIGITAL_GOODS_TRANSACTION_DATE_TIME"}),
    frozenset({"PROFILE_SETUP_OR_APP_ACCESS"}),
    frozenset({"PURCHASER_IP_ADDRESS", "GEOGRAPHICAL_LOCATION"}),
    frozenset({"PURCHASER_NAME", "PURCHASER_EMAIL_ADDRESS"}),
)
_OF_DIGITAL_GOODS = frozenset({"DOWNLOAD_DATE_TIME"}).union(*_DIGITAL_GOODS)

# What goes only together: earlier transaction and its date, and the codes for either one missing.
_PAIRS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("PRIOR_NON_DISPUTED_TRANSACTION", "PRIOR_NON_DISPUTED_TRANSACTION_DATE_TIME"): ("95722", "95723"),
    ("RECURRING_TRANSACTION", "RECURRING_TRANSACTION_DATE_TIME"): ("95725", "95724"),
}


def add(call: Call) -> Answer:
    """POST /disputes/ID/evidence: words or, by its id, a document."""
    dispute = must_be_open(call, "95701")
    category, comment = text(call.params, "category"), text(call.params, "comments")
    document = call.books.documents.get(text(call.params, "document_upload_id") or "")
    problems = Problems()
    if comment is None and document is None:
        problems.add("95703", "dispute")
    if category is not None and category not in _TEXTS | _DOCUMENTS | _EITHER:
        problems.add("95706", "dispute")
    elif category in _TEXTS and document is not None:
        problems.add("95711", "dispute")
    elif category in _DOCUMENTS and document is None:
        problems.add("95712", "dispute")
    elif category in _DATES and not _is_time(comment or ""):
        problems.add("95707", "dispute")
    problems.refuse(call)
    evidence = Evidence(new_id(24), call.now, comment, category, number(call.params, "sequence_number"))
    if document is not None:
        evidence.document_id, evidence.size, evidence.comment = document.id, document.size, None
    dispute.evidence[evidence.id] = evidence
    return Answer(201, "evidence", evidence_view(evidence))


def remove(call: Call) -> Answer:
    """DELETE /disputes/ID/evidence/EVIDENCE."""
    dispute, name = known(call), call.args[1]
    if name not in dispute.evidence:
        raise NotFound
    if dispute.status != "open":
        refuse(call, "95702", "dispute")
    del dispute.evidence[name]
    return Answer(200)


def finalize(call: Call) -> Answer:
    """PUT /disputes/ID/finalize: the evidence is complete and goes to the bank."""
    dispute, problems = must_be_open(call, "95705"), Problems()
    for code in _missing(dispute):
        problems.add(code, "dispute")
    problems.refuse(call)
    enter(call.books, dispute, "disputed", call.now)
    return Answer(200)


def _missing(dispute: Dispute) -> list[str]:
    """The codes of what the evidence lacks."""
    given = {each.category for each in dispute.evidence.values() if each.category is not None}
    missing = []
    if given & _OF_DIGITAL_GOODS:
        if sum(proof <= given for proof in _DIGITAL_GOODS) < 2:
            missing.append("95720")
        if "DOWNLOAD_DATE_TIME" not in given:
            missing.append("95721")
    for (transaction, day), (no_transaction, no_day) in _PAIRS.items():
        has_transaction = bool(given & {f"{transaction}_ARN", f"{transaction}_ID"})
        if has_transaction != (day in given):
            missing.append(no_day if has_transaction else no_transaction)
    return missing


def _is_time(words: str) -> bool:
    try:
        datetime.fromisoformat(words)
    except ValueError:
        return False
    return True


ROUTES: tuple[Route, ...] = (
    ("POST", f"/disputes/{ID}/evidence", add),
    ("DELETE", f"/disputes/{ID}/evidence/{ID}", remove),
    ("PUT", f"/disputes/{ID}/finalize", finalize),
)
