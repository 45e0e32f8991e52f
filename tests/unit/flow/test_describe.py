"""docs/flows.md tells the truth about every step."""

from pathlib import Path

import pytest

from fs_app.flow.asking import ASKING
from fs_app.flow.describe import describe, replace_tables
from fs_app.flow.facts import Fact
from fs_app.steps import STEPS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "flows.md"


def test_the_page_has_every_step_as_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert replace_tables(text, STEPS) == text, "write it anew with fs_app.flow.describe.replace_tables"


def test_the_page_has_every_universal_outcome_and_fact() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, outcome in ASKING.items():
        assert f"| `{name}` | {outcome.meaning} |" in text
    for fact in Fact:
        assert f"| `{fact}` |" in text


@pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))
def test_a_step_documents_its_fields_and_keys(step) -> None:  # type: ignore[no-untyped-def]
    section = describe({step.do: step})
    assert all(info.description for info in step.model_fields.values())
    assert not step.asks or step.keys
    for name in (*step.model_fields, *step.outcomes, *step.keys, *step.needs):
        assert f"`{name}`" in section


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="no markers"):
        replace_tables("nothing here", STEPS)
