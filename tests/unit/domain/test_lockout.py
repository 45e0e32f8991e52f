"""When wrong proofs lock, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.lockout import standing
from fs_app.domain.rules import Lockout

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
THREE = Lockout(failures=3, within_minutes=60, minutes=30)


def at(*minutes: float) -> list[datetime]:
    return [NOON + timedelta(minutes=each) for each in minutes]


@pytest.mark.parametrize(
    ("minutes", "until", "too_many"),
    [
        ([], None, False),
        ([0, 1], None, False),
        ([0, 1, 2], 32, False),
        ([2, 0, 1], 32, False),  # servers whose clocks differ a little write out of order
        ([0, 1, 2, 3], 32, True),
        ([0, 59, 60], None, False),  # the first one no longer counts
        ([0, 58, 59], 89, False),
        ([0, 1, 2, 32], 32, False),  # the lock has expired, and counting begins anew
        ([0, 1, 2, 32, 33, 34], 64, False),
    ],
)
def test_a_table_of_tries(minutes: list[float], until: float | None, too_many: bool) -> None:
    found = standing(THREE, at(*minutes))
    assert found.until == (None if until is None else at(until)[0])
    assert found.too_many is too_many


TIMES = st.lists(st.floats(0, 600, allow_nan=False), max_size=40).map(lambda minutes: at(*minutes))
LOCKOUTS = st.builds(Lockout, st.integers(1, 6), st.integers(1, 120), st.integers(1, 120))


@given(LOCKOUTS, TIMES)
def test_whoever_is_let_through_never_gets_more_tries_than_the_rule_says(
    lockout: Lockout, times: list[datetime]
) -> None:
    """However somebody times their tries: in no span as long as the shorter of both times are there more."""
    let_through: list[datetime] = []
    for moment in sorted(times):
        if not standing(lockout, [*let_through, moment]).too_many:
            let_through.append(moment)
    assert not standing(lockout, let_through).too_many
    span = timedelta(minutes=min(lockout.minutes, lockout.within_minutes))
    for moment in let_through:
        together = [each for each in let_through if moment <= each < moment + span]
        assert len(together) <= lockout.failures
