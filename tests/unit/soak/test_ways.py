"""The ways through the flow: every phrase they answer is one of the flow's, and choices follow their seed."""

from __future__ import annotations

import json
import random
from pathlib import Path

import yaml

from fs_app.soak.ways import REPLIES, WAYS, Errand, Twist, choose

PHRASES = yaml.safe_load((Path(__file__).parents[3] / "sounds" / "phrases.yaml").read_text())["en"]


def test_callers_answer_phrases_that_exist() -> None:
    answered = {*REPLIES, *(phrase for way in WAYS for phrase in way.replies)}
    assert answered <= set(PHRASES)
    assert len({way.name for way in WAYS}) == len(WAYS)


def test_the_same_seed_makes_the_same_callers_and_every_twist_comes() -> None:
    first, again = ([choose(chance) for _ in range(300)] for chance in (random.Random(7), random.Random(7)))
    assert first == again
    assert {twist for _, twist, _ in first} == set(Twist)
    assert {way.name for way, _, _ in first} == {way.name for way in WAYS}


def test_an_errand_goes_through_the_wire_as_it_is() -> None:
    errand = Errand(3, 9, "pays", Twist.HANG_UP_KEYED, 4, ("127.0.0.1:1", "127.0.0.1:2"), 0.5, 5)
    assert Errand.read(json.loads(json.dumps(errand.order()))) == errand
    assert (errand.account, errand.caller_id) == ("1000009", "15550000009")
