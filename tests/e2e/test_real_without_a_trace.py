"""After all the calls with agents on a real FreeSWITCH: what they left there, and with us."""

from __future__ import annotations

import pytest
from house import House

pytestmark = pytest.mark.freeswitch


def test_nothing_of_a_card_is_left_by_any_call(house: House) -> None:
    ann = house.caller(house.agent())
    ann.identifies()
    ann.hangs_up()
    assert house.traces() == []
