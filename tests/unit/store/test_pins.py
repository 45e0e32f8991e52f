"""How long the comparison of a PIN takes tells nobody which accounts exist."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from fs_app.store.pins import PinDesk

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DEAR = PasswordHasher(time_cost=3, memory_cost=16, parallelism=1)


class Bench:
    """A desk, and the costs of each hash that it computed: passes and memory."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.desk = PinDesk()
        self.costs: list[tuple[int, int]] = []
        real = PasswordHasher.hash

        def hashed(hasher: PasswordHasher, pin: str) -> str:
            self.costs.append((hasher.time_cost, hasher.memory_cost))
            return real(hasher, pin)

        patch.setattr("fs_app.store.pins._hasher", CHEAP)
        patch.setattr(PasswordHasher, "hash", hashed)


@pytest.mark.parametrize("nothing", [None, "", "1234", "$argon2id$nonsense"])
def test_where_there_is_no_hash_one_is_computed(nothing: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    assert not bench.desk.fits(nothing, "1234")
    assert bench.costs == [(1, 8)]


def test_it_costs_what_the_operators_own_hashes_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    on_file = DEAR.hash("1234")
    bench = Bench(monkeypatch)
    assert bench.desk.fits(on_file, "1234")
    assert not bench.desk.fits(on_file, "4321")
    assert bench.costs == []
    assert not bench.desk.fits(None, "1234")
    assert bench.costs == [(3, 16)]
