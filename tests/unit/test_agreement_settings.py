"""The settings of payments by agreement, as an admin writes them."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from fs_app.domain.collection import CollectionPolicy
from fs_app.errors import ConfigError
from fs_app.settings import load_settings

SHIPPED = Path(__file__).parents[2] / "conf" / "fs_app.yaml"


def test_what_is_shipped_is_the_default() -> None:
    settings = load_settings(SHIPPED)[0]
    assert settings.agreements.policy(settings.timezone) == CollectionPolicy()


def test_an_hour_is_an_hour(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("timezone: America/New_York\nagreements: {charge_at: 10:30, retry_days: [2], failures: 3}\n")
    settings = load_settings(path)[0]
    policy = settings.agreements.policy(settings.timezone)
    assert (policy.charge_at, str(policy.zone), policy.retry.days) == (time(10, 30), "America/New_York", (2,))
    assert policy.retry.failures == 3


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        ("{charge_at: 630}", "should be a time of day, e.g. 09:00"),
        ("{charge_at: '24:00'}", "should be a time of day, e.g. 09:00"),
        ("{charge_at: '09:00Z'}", "should be a time of day, e.g. 09:00"),
        ("{notice_days: 9}", "greater than or equal to 10"),
        ("{retry_days: [0]}", "greater than or equal to 1"),
    ],
)
def test_what_cannot_be(tmp_path: Path, part: str, complaint: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(f"agreements: {part}\n")
    with pytest.raises(ConfigError, match=complaint):
        load_settings(path)
