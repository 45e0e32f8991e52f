"""Test cards, as a caller would have keyed them. Published test numbers only."""

from __future__ import annotations

from fs_app.domain.card import Card
from fs_app.domain.secret import Secret


def visa(number: str = "4111111111111111") -> Card:
    """A card that the local gateway takes."""
    secrets = (Secret(number), Secret("1230"), Secret("123"), Secret("94107"))
    return Card(*secrets, brand="visa", last_four=number[-4:])
