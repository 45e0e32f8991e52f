"""A flow as a picture."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from fs_app.errors import FsAppError
from fs_app.flow.graph import dot, mermaid, svg
from fs_app.flow.loader import load_flow
from fs_app.steps import STEPS
from fs_app.testing.fakes import TextVoice

ROOT = Path(__file__).resolve().parents[3]
FLOW = load_flow(ROOT / "conf/flows/pay_balance.yaml", STEPS, TextVoice.read(ROOT / "sounds/phrases.yaml"))


@pytest.fixture
def fake_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program ``dot`` of our own, alone on the path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "dot"


def test_mermaid_shows_every_step_and_what_follows() -> None:
    text = mermaid(FLOW)
    assert text.startswith("flowchart TD\n    start(( )) --> welcome\n")
    for name in FLOW.nodes:
        assert f"    {name}[" in text or f"    {name}([" in text
    assert '    charge -->|"approved, unavailable, unknown"| result' in text
    assert '    charge -->|"agent, limited"| operator' in text
    assert "gave_up, agent" not in text


def test_dot_has_the_same_arrows() -> None:
    assert '"charge" -> "result" [label="approved, unavailable, unknown"];' in dot(FLOW)
    assert dot(FLOW).count(" -> ") == mermaid(FLOW).count(" -->")


def test_svg_is_what_the_program_draws(fake_dot: Path) -> None:
    fake_dot.write_text('#!/bin/sh\nread first\nprintf "<svg>%s</svg>" "$1"\n')
    fake_dot.chmod(0o755)
    assert ElementTree.fromstring(svg(FLOW)).text == "-Tsvg"


def test_without_the_program_the_message_says_what_to_install(fake_dot: Path) -> None:
    with pytest.raises(FsAppError, match="install the Debian package graphviz"):
        svg(FLOW)


def test_a_program_that_fails_is_reported_with_its_words(fake_dot: Path) -> None:
    fake_dot.write_text("#!/bin/sh\necho 'no such font' >&2\nexit 1\n")
    fake_dot.chmod(0o755)
    with pytest.raises(FsAppError, match="no such font"):
        svg(FLOW)
