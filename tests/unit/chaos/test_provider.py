"""The provider of messages keeps what it took, also where it does not say so."""

import pytest

from fs_app.chaos.provider import Mishap, Provider
from fs_app.domain.contact import Contact
from fs_app.messaging.http import HttpMessenger, HttpProvider
from fs_app.ports import Delivery, Message

MESSAGE = Message(Contact.parse("mail:payer1@example.org"), "Confirmation 10000009.", "order-1")


@pytest.mark.parametrize(
    ("mishap", "delivery", "taken"),
    [
        (None, Delivery.SENT, 1),
        (Mishap.DROPPED, Delivery.UNKNOWN, 1),
        (Mishap.STALLED, Delivery.UNKNOWN, 1),
        (Mishap.REFUSED, Delivery.NOT_SENT, 0),
    ],
)
def test_what_is_taken_and_what_is_told(mishap: Mishap | None, delivery: Delivery, taken: int) -> None:
    provider = Provider(stall_seconds=0.5)
    provider.start()
    body = {name: f"{{{name}}}" for name in ("to", "text", "key")}
    messenger = HttpMessenger(HttpProvider(provider.url, body, read_seconds=0.2))
    if mishap:
        provider.plan(mishap)
    assert messenger.send(MESSAGE) is delivery
    assert [(each.to, each.text, each.key) for each in provider.taken] == [
        ("payer1@example.org", "Confirmation 10000009.", "order-1")
    ] * taken
    assert messenger.send(MESSAGE) is Delivery.SENT
    provider.stop()
