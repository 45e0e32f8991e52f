"""Telephone numbers as they are compared: the digits of the international number, without + and without 00."""

from __future__ import annotations

import re


def telephone_digits(text: str) -> str | None:
    """``"+1 (415) 555-0101"`` becomes ``"14155550101"``; None for what is no telephone number (ITU-T E.164: at most
    15 digits), ``anonymous`` among it."""
    if not re.fullmatch(r"\+?[0-9() .\-]+", text, re.ASCII):
        return None
    digits = re.sub(r"[^0-9]", "", text)
    digits = digits.removeprefix("00") if not text.startswith("+") else digits
    return digits if 3 <= len(digits) <= 15 else None
