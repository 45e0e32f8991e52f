"""The search for the card finds what it must, and only that. Needs no FreeSWITCH."""

from __future__ import annotations

import pytest
from canary import CARD, traces


@pytest.mark.parametrize(
    "line",
    [
        f"variable_x: {CARD}",
        f"EXECUTE set(card={CARD[:9]})",
        "variable_digits_dialed: 40",
        "variable_expiry: 0931",
        "playback code 739",
        "RECV DTMF 4:2000",
        "mod_spandsp_dsp.c:381 DTMF BEGIN DETECTED: [4]",
    ],
)
def test_a_trace_is_found(line: str) -> None:
    assert list(traces(f"first\n{line}\nlast"))


@pytest.mark.parametrize(
    "line",
    ["variable_digits_dialed: none", "Event-Calling-Line-Number: 739", "switch_rtp.c:739 flush", "03:09:31.073900"],
)
def test_what_is_no_trace_is_not(line: str) -> None:
    assert not list(traces(line))
