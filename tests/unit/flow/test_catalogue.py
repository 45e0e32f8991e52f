"""Which flows there are, and what their files say of them."""

from pathlib import Path

import pytest

from fs_app.flow.catalogue import catalogue, purpose
from fs_app.flow.loader import load_flows
from fs_app.steps import STEPS
from fs_app.testing.fakes import TextVoice

ROOT = Path(__file__).resolve().parents[3]
FLOWS = ROOT / "conf" / "flows"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# Rent: what is due, with its late fee.\n\nflow: rent\n", "Rent: what is due, with its late fee"),
        ("# A fine of\n# 12.50. By its number.\nflow: x\n", "A fine of 12.50"),
        ("# First.\n#\n# Second.\n", "First"),
        ("# No full stop\n#\n# Second.\n", "No full stop"),
        ("flow: bare\n# not this\n", ""),
    ],
)
def test_a_flow_is_for_what_its_first_comment_says_in_one_sentence(text, told):
    assert purpose(text.splitlines()) == told


def test_every_shipped_flow_says_what_it_is_for():
    flows = load_flows(FLOWS, STEPS, TextVoice.read(ROOT / "sounds" / "phrases.yaml"))
    entries = catalogue(FLOWS, flows)
    assert {entry.flow.name for entry in entries} == set(flows)
    for entry in entries:
        assert entry.path.stem == entry.flow.name
        assert len(entry.purpose) > 5, entry.path
