"""A flow as it is walked: checked, immutable, shared by all calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fs_app.flow.step import NO_FACTS, FactSet, Step


@dataclass(frozen=True, slots=True)
class Node:
    """A step in its flow. ``next`` maps every outcome to the step that follows; only ``back`` may be missing.

    ``known`` are the facts that every path to the step has learnt.
    """

    name: str
    step: Step
    next: Mapping[str, str]
    known: FactSet = NO_FACTS


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole call, as an admin wrote it. ``operator`` is the step where every trouble leads: a person (law 6)."""

    name: str
    start: str
    operator: str
    nodes: Mapping[str, Node]
