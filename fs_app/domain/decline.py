"""What a caller is told after a decline, and what is asked next: one table, from the gateway's code to coaching.

Sources: Braintree's processor response codes (soft and hard declines) and gateway rejection reasons. Codes that
are not listed fall to `OTHER_CARD` for soft ones in 2000-2999 and to `AGENT` for everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fs_app.domain.payment import Declined


class Coaching(StrEnum):
    """What is asked next. The charge step has one outcome for each."""

    SECURITY_CODE = "ask_security_code"
    POSTAL_CODE = "ask_postal_code"
    EXPIRY = "ask_expiry"
    CARD_NUMBER = "ask_card_number"
    BANK_ACCOUNT = "ask_bank_account"
    OTHER_CARD = "offer_other_card"
    AMOUNT_OR_CARD = "offer_amount_or_card"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Advice:
    """``phrase`` is said, ``coaching`` is done. ``retry_same_card`` is False for do-not-retry codes."""

    phrase: str
    coaching: Coaching
    retry_same_card: bool = True


_SECURITY = Advice("declined_security_code", Coaching.SECURITY_CODE)
_POSTAL = Advice("declined_postal_code", Coaching.POSTAL_CODE)
_EXPIRED = Advice("declined_expired", Coaching.EXPIRY)
_NUMBER = Advice("declined_card_number", Coaching.CARD_NUMBER)
_FUNDS = Advice("declined_funds", Coaching.AMOUNT_OR_CARD)
_LIMIT = Advice("declined_limit", Coaching.AMOUNT_OR_CARD)
_BANK = Advice("declined_by_bank", Coaching.OTHER_CARD, retry_same_card=False)
_TYPE = Advice("declined_card_type", Coaching.OTHER_CARD, retry_same_card=False)
_PERSON = Advice("declined_call_bank", Coaching.AGENT, retry_same_card=False)

_ACCOUNT = Advice("declined_bank_account", Coaching.BANK_ACCOUNT)
_VERIFICATION = Advice("declined_bank_verification", Coaching.OTHER_CARD, retry_same_card=False)

ADVICE: dict[str, Advice] = {
    "2000": _BANK,  # Do Not Honor
    "2001": _FUNDS,  # Insufficient Funds
    "2002": _LIMIT,  # Limit Exceeded
    "2003": _LIMIT,  # Cardholder's Activity Limit Exceeded
    "2004": _EXPIRED,  # Expired Card
    "2005": _NUMBER,  # Invalid Credit Card Number
    "2006": _EXPIRED,  # Invalid Expiration Date
    "2007": _NUMBER,  # No Account
    "2008": _NUMBER,  # Card Account Length Error
    "2009": _NUMBER,  # No Such Issuer
    "2010": _SECURITY,  # Card Issuer Declined CVV
    "2011": _PERSON,  # Voice Authorization Required
    "2012": _PERSON,  # Possible Lost Card
    "2013": _PERSON,  # Possible Stolen Card
    "2014": _PERSON,  # Fraud Suspected
    "2015": _BANK,  # Transaction Not Allowed
    "2017": _PERSON,  # Cardholder Stopped Billing
    "2018": _PERSON,  # Cardholder Stopped All Billing
    "2019": _BANK,  # Invalid Transaction
    "2020": _PERSON,  # Violation
    "2021": _PERSON,  # Security Violation
    "2022": _BANK,  # Declined - Updated Cardholder Available
    "2023": _TYPE,  # Processor Does Not Support This Feature
    "2024": _TYPE,  # Card Type Not Enabled
    "2038": _BANK,  # Processor Declined
    "2041": _PERSON,  # Declined - Call For Approval
    "2043": _PERSON,  # Error - Do Not Retry, Call Issuer
    "2044": _PERSON,  # Declined - Call Issuer
    "2046": _BANK,  # Declined
    "2047": _PERSON,  # Call Issuer. Pick Up Card
    "2048": Advice("declined_amount", Coaching.AMOUNT_OR_CARD),  # Invalid Amount
    "2053": _PERSON,  # Card reported as lost or stolen
    "2057": _BANK,  # Issuer or Cardholder has put a restriction on the card
    "2059": _POSTAL,  # Address Verification Failed
    "2060": _POSTAL,  # Address Verification and Card Security Code Failed: the code is asked after it
    "2099": _BANK,  # Cardholder Authentication Required
    "2107": _BANK,  # Card Not Activated
    "2108": _BANK,  # Closed Card
    "verification_2061": _ACCOUNT,  # Invalid Transaction Data: routing number, account number or account type
    "verification_2092": _ACCOUNT,  # No Data Found
    "gateway_cvv": _SECURITY,
    "gateway_avs": _POSTAL,
    "gateway_avs_and_cvv": _POSTAL,
    "gateway_fraud": _PERSON,
    "gateway_risk_threshold": _PERSON,
    "gateway_application_incomplete": _PERSON,
}

# Mastercard merchant advice codes that forbid another try: 03 do not try again, 21 payment cancelled by cardholder.
_DO_NOT_RETRY_ADVICE = frozenset({"03", "21"})

# The card field a gateway may call invalid before it asks any bank (`Unavailable.field`).
FIELD_ADVICE: dict[str, Advice] = {
    "number": _NUMBER,
    "expiry": _EXPIRED,
    "security_code": _SECURITY,
    "postal_code": _POSTAL,
    "bank_account": _ACCOUNT,
}

ALL_ADVICE: tuple[Advice, ...] = tuple(dict.fromkeys([*ADVICE.values(), _VERIFICATION]))


def advise(declined: Declined) -> Advice:
    """What to say and ask after this decline. Never raises: an unknown code is safe at the bank or an agent."""
    if declined.advice in _DO_NOT_RETRY_ADVICE:
        return _PERSON
    known = ADVICE.get(declined.code)
    if known is not None:
        return known
    if declined.code.startswith("verification_"):
        return _VERIFICATION
    is_processor_decline = declined.code.isdigit() and 2000 <= int(declined.code) < 3000
    return _BANK if is_processor_decline else _PERSON
