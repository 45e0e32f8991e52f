"""Accounts, bills and more from rows: of an operator's statements, and of our own tables where both have the same
columns. ValueError, TypeError, LookupError or ArithmeticError for a row that is none: it is an error, never a
guess."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from fs_app.domain.appointment import Appointment
from fs_app.domain.bill import Account, Bill, BillKind, Holder
from fs_app.domain.money import Money, exponent
from fs_app.domain.subscription import Offer, Subscription
from fs_app.store.contacts import contact_or_none
from fs_app.store.sql_shapes import HOLDER
from fs_app.store.tables import APPOINTMENT_ID_LENGTH

Values = Mapping[str, Any]


def account_of(row: Values) -> Account:
    """An account, with what of it the statement returned."""
    account_id = _text(row["id"])
    return Account(
        id=account_id,
        number=_text(row["number"]),
        closed=_is_true(row.get("closed")),
        language=_text_or_none(row.get("language")),
        postal_code=_text_or_none(row.get("postal_code")),
        pin_hash=_text_or_none(row.get("pin_hash")),
        receipt_to=contact_or_none(_text_or_none(row.get("receipt_to")), account_id),
        birth_date=_day(row.get("birth_date")),
        credit=_credit(row),
        holder=_holder(row),
    )


def _credit(row: Values) -> Money | None:
    currency = _text_or_none(row.get("credit_currency"))
    return None if currency is None else _money(row, "credit", currency.strip().upper())


def _holder(row: Values) -> Holder | None:
    values = {name: _text_or_none(row.get(name)) or "" for name in (*HOLDER, "postal_code")}
    return Holder(**values) if values["last_name"] or values["business_name"] else None


def bill_of(account_id: str | None, row: Values) -> tuple[Bill, datetime | None]:
    """A bill with its plain amount, and the time at which that was right; None where the operator does not say.
    ``account_id`` is None where the row names the account."""
    currency = _text(row["currency"]).strip().upper()
    due = _money(row, "due", currency)
    if due is None:
        raise ValueError("no amount")
    bill = Bill(
        id=_text(row["id"]),
        account_id=_text(row["account_id"]) if account_id is None else account_id,
        due=due,
        due_date=_day(row.get("due_date")),
        minimum=_money(row, "minimum", currency),
        number=_text_or_none(row.get("number")) or "",
        kind=BillKind(_text_or_none(row.get("kind")) or BillKind.BILL),
        late_fee=_money(row, "late_fee", currency),
        discount=_money(row, "discount", currency),
        discount_until=_day(row.get("discount_until")),
    )
    return bill, _time(row.get("balance_as_of"))


def subscription_of(account_id: str, row: Values) -> tuple[Subscription, datetime | None]:
    """A subscription as the operator has it, and the time at which that was right; None where nobody says."""
    expires_on = _day(row["expires_on"])
    if expires_on is None:
        raise ValueError("no expiry")
    found = Subscription(_text(row["id"]), account_id, _text(row["plan"]), expires_on)
    return found, _time(row.get("as_of"))


def offer_of(row: Values) -> Offer:
    """What can be bought for a plan."""
    months = int(row["months"])
    price = _money(row, "price", _text(row["currency"]).strip().upper())
    if price is None or price.minor <= 0 or months < 0:
        raise ValueError("no price, or less than no months")
    return Offer(_text(row["plan"]), months, price)


def appointment_of(account_id: str, row: Values) -> tuple[Appointment, datetime | None]:
    """An appointment with what is to be paid besides, and the time at which that was right. No reply is in it."""
    day = _day(row["day"])
    if day is None:
        raise ValueError("no day")
    currency = _text_or_none(row.get("currency"))
    due = None if currency is None else _money(row, "copay", currency.strip().upper())
    name = _text(row["id"])
    if len(name) > APPOINTMENT_ID_LENGTH:
        raise ValueError("a longer id than our tables can keep")
    copay = None if due is None else Bill(f"copay:{name}", account_id, due, kind=BillKind.COPAY)
    return Appointment(name, account_id, day, _clock(row["starts"]), copay=copay), _time(row.get("balance_as_of"))


def _money(row: Values, name: str, currency: str) -> Money | None:
    """From ``name`` in major units or ``name_minor`` in minor ones."""
    minor, value = row.get(f"{name}_minor"), row.get(name)
    if minor is not None:
        return Money(int(minor), currency)
    if value is None:
        return None
    amount = Decimal(str(value))
    if isinstance(value, float):  # 42.1 - 0.3 is 41.800000000000004
        amount = amount.quantize(Decimal(1).scaleb(-exponent(currency)))
    return Money.parse(amount, currency)


def _text(value: Any) -> str:
    if value is None or isinstance(value, float):
        raise ValueError("no text")
    return value.decode() if isinstance(value, bytes) else str(value)


def _text_or_none(value: Any) -> str | None:
    return None if value is None or value == "" else _text(value)


def _is_true(value: Any) -> bool:
    """From a boolean, a number or MySQL's BIT; ValueError for words, whose meaning we would have to guess."""
    if value is None:
        return False
    return bool(int.from_bytes(value, "big") if isinstance(value, bytes) else int(value))


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _clock(value: Any) -> time:
    """A time of day to the minute. MySQL's driver tells it as what has passed since midnight."""
    if isinstance(value, timedelta):
        value = (datetime(2000, 1, 1, tzinfo=UTC) + value).time()
    at = value.time() if isinstance(value, datetime) else value
    at = at if isinstance(at, time) else time.fromisoformat(_text(at))
    return at.replace(second=0, microsecond=0, tzinfo=None)


def _time(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
