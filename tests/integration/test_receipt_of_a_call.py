"""A whole call through the simulated switch, and then its receipt: what was heard is what is written."""

from __future__ import annotations

import json
import re
from itertools import takewhile
from pathlib import Path

import pytest
from num2words import num2words

from fs_app.app.jobs import followers
from fs_app.ports import TaskKind
from fs_app.settings import Settings
from fs_app.testing.transcript import read_transcript
from tests.world import ROOT, NoonParts, World

PAID_IN_FULL = read_transcript(Path(__file__).parents[1] / "transcripts" / "paid_in_full.txt")
DIGITS = {num2words(digit): str(digit) for digit in range(10)}


@pytest.mark.parametrize("world", [PAID_IN_FULL], indirect=True, ids=["paid_in_full"])
def test_the_confirmation_number_that_is_spoken_is_the_one_on_the_receipt(world: World) -> None:
    played = world.play()
    (payment,) = world.payments()
    heard = re.sub(r"[,.]", " ", " ".join(played.dialogue).split("Your confirmation number is ")[1]).split()
    spoken = "".join(DIGITS[word] for word in takewhile(DIGITS.__contains__, heard))

    parts = NoonParts(
        Settings.model_validate(
            {
                "database": {"url": f"sqlite:///{world.file}"},
                "messages": {"templates": str(ROOT / "conf" / "messages.yaml")},
            }
        )
    )
    (task,) = parts.tasks.claim([TaskKind.RECEIPT], limit=9, lease_seconds=60)
    assert followers(parts)[TaskKind.RECEIPT].work(task) == "done"
    parts.close()

    (message,) = (line for line in map(json.loads, world.log.getvalue().splitlines()) if line["event"] == "message")
    assert message["to"] == "sms:+15550100001"
    assert spoken == payment.confirmation
    assert f"Confirmation {spoken}." in message["text"]
    assert "$42.50" in message["text"]
    assert "Visa ending 1881" in message["text"]
