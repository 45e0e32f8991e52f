"""Proves a flow before a call meets it: every outcome leads somewhere, every fact is learnt before it is needed,
every phrase exists, and every call can end.

Facts are followed along every path, one state being a step and what is known on arrival, so that a mistake can
be shown with a path that leads to it. A person can be reached from everywhere, so the operator's step is checked
as if nothing were known. Going back with ``*`` needs no check here: the engine goes back only to a step whose
facts are all still known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol

from fs_app.errors import Problem
from fs_app.flow.facts import Fact
from fs_app.flow.reach import needed
from fs_app.flow.step import NO_FACTS, FactSet, Outcome, Said, Step
from fs_app.ports import CHANNEL_PHRASES
from fs_app.yamlfile import Document, Place, did_you_mean

OPERATOR_OUTCOME = "agent"
OPERATOR_KIND = "agent"
APOLOGIES = frozenset({"technical_problem"})
"""What the engine itself says."""
_EVERYWHERE = APOLOGIES | CHANNEL_PHRASES

State = tuple[str, FactSet]


class PhraseBook(Protocol):
    """What the checks ask about phrases: a part of `ports.Voice`."""

    @property
    def languages(self) -> Sequence[str]:
        """The languages that prompts exist in."""
        ...

    def gaps(self, phrase: str, language: str) -> frozenset[str] | None:
        """The names of the gaps in a phrase, None where the language does not have it."""
        ...


@dataclass(frozen=True)
class Draft:
    """A flow before it is proved. ``names`` are all its steps, ``steps`` those that could be built."""

    document: Document
    start: str
    defaults: Mapping[str, str]
    names: frozenset[str]
    steps: Mapping[str, Step]
    arrows: Mapping[str, Mapping[str, str]]

    @property
    def operator(self) -> str:
        """The step of a person, or the empty string."""
        return self.defaults.get(OPERATOR_OUTCOME, "")

    @property
    def starts(self) -> list[str]:
        """Where a path may begin knowing nothing, as far as these steps could be built."""
        return [name for name in (self.start, self.operator) if name in self.steps]

    def next_of(self, name: str) -> dict[str, str]:
        """What follows each outcome of a step: its own arrows before the defaults."""
        merged = {**self.defaults, **self.arrows.get(name, {})}
        return {outcome: merged[outcome] for outcome in self.steps[name].all_outcomes() if outcome in merged}

    def targets(self, name: str) -> dict[str, str]:
        """`next_of`, without arrows into steps that could not be built."""
        return {outcome: target for outcome, target in self.next_of(name).items() if target in self.steps}

    def problem_at_step(self, name: str, message: str, hint: str = "") -> Problem:
        return self.document.problem(("steps", name), message, hint, at_key=True)


def in_use(draft: Draft) -> Draft:
    """A draft without the steps of its parts that no path leads to: a flow takes of a part what it needs. Steps of
    its own that no path leads to stay, to be complained of."""
    reached = _reach(draft.starts, {name: draft.targets(name).values() for name in draft.steps})
    spare = {name for name in draft.steps if ("steps", name) in draft.document.files} - reached
    return replace(
        draft,
        names=draft.names - spare,
        steps={name: step for name, step in draft.steps.items() if name not in spare},
        arrows={name: arrows for name, arrows in draft.arrows.items() if name not in spare},
    )


def check(
    draft: Draft, registry: Mapping[str, type[Step]], voice: PhraseBook
) -> tuple[dict[str, FactSet], list[Problem]]:
    """What is known at every step, and every mistake."""
    came_from = _states(draft)
    arrows = [*_targets(draft), *_outcomes(draft, registry, came_from)]
    known, facts = _facts(draft, registry, came_from)
    problems = [*arrows, *facts, *_phrases(draft, voice)]
    # What only follows from a missing arrow or step is no news: these two are told of a whole graph.
    if not arrows and draft.names == frozenset(draft.steps):
        problems += [*_unreachable(draft), *_endless(draft)]
    return known, problems


# --- arrows --------------------------------------------------------------------------------------------------


def _targets(draft: Draft) -> Iterator[Problem]:
    places: list[tuple[Place, str]] = [(("start",), draft.start)]
    places += [(("defaults", "next", outcome), target) for outcome, target in draft.defaults.items()]
    for name, arrows in draft.arrows.items():
        places += [(("steps", name, "next", outcome), target) for outcome, target in arrows.items()]
    for place, target in places:
        if target not in draft.names:
            yield draft.document.problem(place, f"no step is called {target!r}", did_you_mean(target, draft.names))
    if not draft.operator:
        hint = "add the step that leads to a person"
        yield draft.document.problem(("defaults", "next"), "defaults.next has no agent", hint)
    elif draft.operator in draft.steps and draft.steps[draft.operator].do != OPERATOR_KIND:
        place = ("defaults", "next", OPERATOR_OUTCOME)
        yield draft.document.problem(
            place, f"{draft.operator!r} does not lead to a person", "its do should be agent"
        )


def _outcomes(
    draft: Draft, registry: Mapping[str, type[Step]], came_from: Mapping[State, State | None]
) -> Iterator[Problem]:
    arrivals: dict[str, list[FactSet]] = {}
    for name, facts in came_from:
        arrivals.setdefault(name, []).append(facts)
    possible = {outcome for step in registry.values() for outcome in step.outcomes}
    possible |= {outcome for step in draft.steps.values() for outcome in step.all_outcomes()}
    for outcome in draft.defaults:
        if outcome not in possible:
            place = ("defaults", "next", outcome)
            hint = did_you_mean(outcome, possible)
            yield draft.document.problem(place, f"no step has an outcome {outcome!r}", hint, at_key=True)
    for name, step in draft.steps.items():
        own, outcomes = draft.arrows.get(name, {}), step.all_outcomes()
        for outcome in own:
            if outcome not in outcomes:
                known = ", ".join(outcomes) or "none, the call ends here"
                hint = did_you_mean(outcome, outcomes) or f"known: {known}"
                arrow = ("steps", name, "next", outcome)
                yield draft.document.problem(arrow, f"{step.do} has no outcome {outcome!r}", hint, at_key=True)
        missing = [
            outcome
            for outcome in outcomes
            if outcome not in draft.next_of(name)
            and not outcomes[outcome].optional
            and _can_happen(outcomes[outcome], step, arrivals.get(name, [step.needs]))
        ]
        if missing and not draft.next_of(name):
            hint = f"add next: {{{missing[0]}: ...}}"
            yield draft.problem_at_step(name, f"dead end: nothing follows {name!r}", hint)
        elif missing:
            listed = ", ".join(repr(outcome) for outcome in missing)
            yield draft.problem_at_step(name, f"nothing follows {name!r} on {listed}", "add it to next")


def _can_happen(outcome: Outcome, step: Step, arrivals: Sequence[FactSet]) -> bool:
    """Whether some path comes to the step with the facts that the outcome needs."""
    return any(outcome.possible(known | step.needs) for known in arrivals)


def _unreachable(draft: Draft) -> Iterator[Problem]:
    reached = _reach(draft.starts, {name: draft.targets(name).values() for name in draft.steps})
    for name in draft.steps:
        if name not in reached:
            hint = "lead an outcome here or remove the step"
            yield draft.problem_at_step(name, f"no path leads to {name!r}", hint)


def _endless(draft: Draft) -> Iterator[Problem]:
    backwards: dict[str, list[str]] = {name: [] for name in draft.steps}
    for name in draft.steps:
        for target in draft.targets(name).values():
            backwards[target].append(name)
    ends = [name for name, step in draft.steps.items() if not step.all_outcomes()]
    ending = _reach(ends, backwards)
    stuck = [name for name in draft.steps if name not in ending]
    if stuck:
        message = f"a call that comes here can never end: {', '.join(stuck)}"
        yield draft.problem_at_step(stuck[0], message, "lead an outcome to a step that does hang_up")


def _reach(starts: Iterable[str], arrows: Mapping[str, Iterable[str]]) -> set[str]:
    reached, waiting = set(starts), list(starts)
    while waiting:
        fresh = set(arrows[waiting.pop()]) - reached
        reached |= fresh
        waiting += fresh
    return reached


# --- facts ---------------------------------------------------------------------------------------------------


def _facts(
    draft: Draft, registry: Mapping[str, type[Step]], came_from: Mapping[State, State | None]
) -> tuple[dict[str, FactSet], list[Problem]]:
    """What every path to a step has learnt, and each step that needs a fact which some path has not."""
    arrivals: dict[str, list[FactSet]] = {}
    problems: dict[tuple[str, Fact], Problem] = {}
    for name, known in came_from:  # shortest paths first
        arrivals.setdefault(name, []).append(known)
        for fact in sorted(needed(draft.steps[name], known) - known):
            if (name, fact) not in problems:
                path = " > ".join(_path((name, known), came_from))
                message = f"{draft.steps[name].do} needs the {fact}, which is not known on the path {path}"
                problems[name, fact] = draft.problem_at_step(name, message, _teachers(fact, registry))
    known_at = {name: reduce(frozenset.intersection, sets) for name, sets in arrivals.items()}
    return known_at, list(problems.values())


def _states(draft: Draft) -> dict[State, State | None]:
    """Every step with every set of facts it can be reached with, and the state before it on a shortest path."""
    starts: list[State] = [(name, NO_FACTS) for name in draft.starts]
    came_from: dict[State, State | None] = dict.fromkeys(starts)
    waiting = deque(starts)
    while waiting:
        state = waiting.popleft()
        name, known = state
        outcomes = draft.steps[name].all_outcomes()
        for outcome, target in draft.targets(name).items():
            if not outcomes[outcome].possible(known):
                continue
            # A step that lacks a fact is told once; what follows is followed as if the fact had been there.
            after = ((known | draft.steps[name].needs) - outcomes[outcome].forgets) | outcomes[outcome].teaches
            following = (target, after)
            if following not in came_from:
                came_from[following] = state
                waiting.append(following)
    return came_from


def _path(state: State, came_from: Mapping[State, State | None]) -> list[str]:
    names = [state[0]]
    before = came_from[state]
    while before is not None:
        names.append(before[0])
        before = came_from[before]
    return names[::-1]


def _teachers(fact: Fact, registry: Mapping[str, type[Step]]) -> str:
    kinds = sorted(
        kind
        for kind, step in registry.items()
        if any(fact in outcome.teaches for outcome in step.outcomes.values())
    )
    return f"taught by {', '.join(kinds)}" if kinds else ""


# --- phrases -------------------------------------------------------------------------------------------------


def _phrases(draft: Draft, voice: PhraseBook) -> Iterator[Problem]:
    for phrase in sorted(_EVERYWHERE):
        for language in _missing(phrase, voice):
            yield draft.document.problem((), f"no phrase {phrase!r} in {language!r}; every flow needs it")
    for name, step in draft.steps.items():
        for language in step.languages():
            if language not in voice.languages:
                hint = f"there are prompts in {', '.join(voice.languages)}"
                yield draft.document.problem(("steps", name), f"no prompts in {language!r}", hint)
        for said in step.phrases():
            place = ("steps", name, said.key) if said.key else ("steps", name)
            for language in _missing(said.phrase, voice):
                yield draft.document.problem(place, f"no phrase {said.phrase!r} in {language!r}")
            yield from _unfilled(draft.document, place, said, step, voice)


def _missing(phrase: str, voice: PhraseBook) -> list[str]:
    return [language for language in voice.languages if voice.gaps(phrase, language) is None]


def _unfilled(document: Document, place: Place, said: Said, step: Step, voice: PhraseBook) -> Iterator[Problem]:
    for language in voice.languages:
        unfilled = (voice.gaps(said.phrase, language) or frozenset()) - said.gaps
        if unfilled:
            message = f"{step.do} does not fill these gaps of {said.phrase!r} in {language!r}: {_braced(unfilled)}"
            yield document.problem(place, message, f"filled here: {_braced(said.gaps) or 'none'}")


def _braced(gaps: Iterable[str]) -> str:
    return ", ".join(f"{{{gap}}}" for gap in sorted(gaps))
