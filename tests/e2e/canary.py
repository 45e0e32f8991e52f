"""What must not be found in the switch after a call: the card, in any shape a log or an event could give it."""

from __future__ import annotations

import re
from collections.abc import Iterator

CARD, EXPIRY, SECURITY_CODE = "4012888888881881", "0931", "739"

# What FreeSWITCH writes about a key, at any level, in a log line.
_KEY_LINES = re.compile(r"RECV DTMF|DTMF (?:DETECTED|BEGIN DETECTED|END DETECTED)|Digit parser DTMF|SEND DTMF")
# Variables and headers that hold keys, with two keys or more in them.
_KEY_VALUES = re.compile(r"^(?:variable_)?(?:DTMF-Digit|[a-z_]*digits[a-z_]*): (?!none)\S*[0-9]{2}", re.IGNORECASE)
# Counters, sizes and times are no secrets that happen to have the same three or four digits.
_COUNTED = re.compile(
    r"^(?:Event-|Core-|FreeSWITCH-|Caller-|Hunt-|variable_rtp_|variable_.*(?:_usec|_uepoch|_msec|_epoch|_port))"
)


def traces(text: str) -> Iterator[str]:
    """Every line that gives something of the card away."""
    for line in text.split("\n"):
        digits = re.sub(r"[ %-]", "", line)
        if any(CARD[start : start + 9] in digits for start in range(len(CARD) - 8)):
            yield f"card number: {line}"
        if _KEY_LINES.search(line):
            yield f"a key: {line}"
        if _KEY_VALUES.search(line):
            yield f"keys: {line}"
        if not _COUNTED.match(line) and re.search(rf"(?<![\w.:/-])(?:{EXPIRY}|{SECURITY_CODE})(?![\w.:/-])", line):
            yield f"expiry or security code: {line}"
