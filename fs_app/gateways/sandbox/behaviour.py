"""How the sandbox decides: amounts to processor answers, security codes and addresses to AVS and CVV codes.

Tables only; the sources are Braintree's published testing pages and processor response codes. Codes whose text is
not published to us are answered with ``Processor Declined``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SOFT = {
    "2000": "Do Not Honor",
    "2001": "Insufficient Funds",
    "2002": "Limit Exceeded",
    "2003": "Cardholder's Activity Limit Exceeded",
    "2016": "Duplicate Transaction",
    "2025": "Set Up Error - Merchant",
    "2026": "Invalid Merchant ID",
    "2034": "No Action Taken",
    "2035": "Partial Approval For Amount In Group III Version",
    "2038": "Processor Declined",
    "2040": "Invalid Store",
    "2042": "Invalid Client ID",
    "2046": "Declined",
    "2048": "Invalid Amount",
    "2057": "Issuer or Cardholder has put a restriction on the card",
    "2062": "Invalid Tax Amount",
    "2078": "Processor Declined",
    "2080": "Processor Declined",
    "2092": "No Data Found - Try Another Verification Method",
    "2099": "Cardholder Authentication Required",
    **{str(code): "Processor Declined" for code in range(2101, 2107)},
    "3000": "Processor Network Unavailable - Try Again",
}
HARD = {
    "2004": "Expired Card",
    "2005": "Invalid Credit Card Number",
    "2006": "Invalid Expiration Date",
    "2007": "No Account",
    "2008": "Card Account Length Error",
    "2009": "No Such Issuer",
    "2010": "Card Issuer Declined CVV",
    "2011": "Voice Authorization Required",
    "2012": "Processor Declined - Possible Lost Card",
    "2013": "Processor Declined - Possible Stolen Card",
    "2014": "Processor Declined - Fraud Suspected",
    "2015": "Transaction Not Allowed",
    "2017": "Cardholder Stopped Billing",
    "2018": "Cardholder Stopped All Billing",
    "2019": "Invalid Transaction",
    "2020": "Violation",
    "2021": "Security Violation",
    "2022": "Declined - Updated Cardholder Available",
    "2023": "Processor Does Not Support This Feature",
    "2024": "Card Type Not Enabled",
    "2041": "Declined - Call For Approval",
    "2043": "Error - Do Not Retry, Call Issuer",
    "2044": "Declined - Call Issuer",
    "2047": "Call Issuer. Pick Up Card",
    "2053": "Card reported as lost or stolen",
    "2059": "Address Verification Failed",
    "2060": "Address Verification and Card Security Code Failed",
    "2061": "Invalid Transaction Data",
    "2107": "Card Not Activated",
    "2108": "Closed Card",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the processor says: the status it leads to, code, text, and approved, soft_declined or hard_declined."""

    status: str
    code: str
    text: str
    kind: str = "approved"
    additional: str | None = None
    rejection: str | None = None
    held: Decimal | None = None  # where that is less than was asked for

    @property
    def approved(self) -> bool:
        """True where the money is held."""
        return self.kind == "approved" and self.rejection is None


APPROVED = Verdict("authorized", "1000", "Approved")
PARTIAL = Verdict("authorized", "1004", "Approved for Partial Amount", held=Decimal("502.00"))
VERIFIED = Verdict("verified", "1000", "Approved")
INCOMPLETE = Verdict("gateway_rejected", "", "", rejection="application_incomplete")
REFUNDED = Verdict("submitted_for_settlement", "1002", "Processed")


def declined(code: str, status: str = "processor_declined") -> Verdict:
    """The processor says no, with this code."""
    soft = code in SOFT or code >= "2109"
    text = SOFT.get(code) or HARD.get(code) or "Processor Declined"
    kind = "soft_declined" if soft else "hard_declined"
    return Verdict(status, code, text, kind, f"{code} : {text}")


def sale_verdict(amount: Decimal, accept_partial: bool = False) -> Verdict:
    """The processor's answer to a card sale, by its amount alone."""
    whole = int(amount)
    if accept_partial and amount == Decimal("1004.00"):
        return PARTIAL
    if 2000 <= whole < 3000:
        return declined(str(whole))
    if whole == 3000:
        return declined("3000", "failed")
    return INCOMPLETE if amount == Decimal("5001.00") else APPROVED


def refund_verdict(amount: Decimal) -> Verdict:
    """The processor's answer to a refund: a hard code declines it, a soft one is captured all the same."""
    whole = int(amount)
    if not 2000 <= whole < 3000:
        return REFUNDED
    refused = declined(str(whole))
    if refused.kind == "hard_declined":
        return refused
    return Verdict(REFUNDED.status, "1005", "Auth Declined but Settlement Captured", additional=refused.additional)


_CVV = {"200": "N", "201": "U", "301": "S", "2000": "N", "2011": "U", "3011": "S"}
_POSTAL = {"20000": "N", "20001": "U"}
_STREET = {"200": "N", "201": "U"}
_AVS_ERRORS = {"30000": "E", "30001": "S"}


@dataclass(frozen=True, slots=True)
class Checks:
    """AVS and CVV response codes: M matches, N does not, U not verified, I not provided, S not supported,
    B bypassed, A not applicable."""

    cvv: str
    postal: str | None
    street: str | None
    avs_error: str | None = None

    @property
    def failed(self) -> str | None:
        """The rejection reason of a merchant whose rules forbid N."""
        avs = "N" in (self.postal, self.street)
        names = [name for name, bad in (("avs", avs), ("cvv", self.cvv == "N")) if bad]
        return "_and_".join(names) or None


NOT_APPLICABLE = Checks("A", "A", "A")


def cvv_answer(cvv: str | None) -> str:
    """The response code for a security code, which is looked at here and kept nowhere."""
    return _answer(cvv, _CVV)


def check(
    cvv: str, postal: str | None, street: str | None, *, skip_avs: bool = False, skip_cvv: bool = False
) -> Checks:
    """The codes for what was given; ``cvv`` is the response code already."""
    cvv_code = "B" if skip_cvv else cvv
    if skip_avs:
        return Checks(cvv_code, "B", "B")
    if postal in _AVS_ERRORS:
        return Checks(cvv_code, None, None, _AVS_ERRORS[postal])
    return Checks(cvv_code, _answer(postal, _POSTAL), _answer(street and street.split(" ", 1)[0], _STREET))


def _answer(given: str | None, table: dict[str, str]) -> str:
    return table.get(given, "M") if given else "I"
