"""What holds for every payment that a test takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fs_app.domain import secret as secrets_module
from fs_app.domain.secret import Secret


@pytest.fixture
def wiped(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Secret]]:
    """Every secret that there ever was; none of them holds anything of a card when the step has ended."""
    made: list[Secret] = []
    plain = Secret.__init__

    def remembered(self: Secret, digits: str = "") -> None:
        plain(self, digits)
        made.append(self)

    monkeypatch.setattr(secrets_module.Secret, "__init__", remembered)
    yield made
    left = [secret.reveal() for secret in made if len(secret) > 1]
    assert left == [], "a card was not wiped"
