"""``fs-app flow``: which flows there are, how long the prompts of one take, and one to try."""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from fs_app.app.parts import Parts
from fs_app.commands.context import Context
from fs_app.demo.trial import Trial, run_trial
from fs_app.domain.keys import KEYS
from fs_app.domain.prompt import Manner
from fs_app.errors import ConfigError, FsAppError
from fs_app.flow.catalogue import catalogue
from fs_app.flow.flow import Flow
from fs_app.prompts.voice import FileVoice
from fs_app.testing.rehearsal import rehearse
from fs_app.testing.timing import FlowTime
from fs_app.testing.transcript import HEADERS, read_transcript
from fs_app.yamlfile import did_you_mean

_LIMIT = 90.0


@click.group()
def flow() -> None:
    """The flows: list them, time their prompts, try one in this terminal."""


@flow.command(name="list")
@click.pass_obj
def list_flows(obj: Context) -> None:
    """Every flow: its name, its file, how many steps it has, what it is for."""
    table = Table("flow", "file", "steps", "what it is for")
    table.columns[2].justify = "right"
    for entry in catalogue(obj.settings.flows, Parts(obj.settings).flows):
        table.add_row(entry.flow.name, entry.path.name, str(len(entry.flow.nodes)), entry.purpose)
    Console().print(table, markup=False, highlight=False)


@flow.command(name="time")
@click.argument("name", metavar="FLOW")
@click.option("--language", help="Of the prompts; by default the line's.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="STEP=KEYS",
    help="What to key in a step; again: its next question.",
)
@click.option("--limit", type=float, default=_LIMIT, show_default=True, help="Seconds of prompts; above it exit 1.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
@click.pass_obj
def time_flow(
    obj: Context, name: str, language: str | None, answers: tuple[str, ...], limit: float, as_json: bool
) -> None:
    """How many seconds of prompts a practised caller hears in FLOW, step by step, from the sound files.

    Practised is a caller who has been here before: they know what to key, key it at once, and hear the brief
    prompts, every one to its end. The brief total is held against the limit. What a first-time caller hears stands
    beside it, and what is left where a key of a menu is pressed as soon as it was offered. Not counted: the time of
    keying, the wait for the gateway, and what a line says before its flow begins.
    """
    parts = Parts(obj.settings)
    chosen = _find(name, parts.flows)
    measured = _measured(parts, chosen, language or obj.settings.line.language, limit, answers)
    if as_json:
        click.echo(json.dumps(measured.as_dict(), ensure_ascii=False, indent=2))
    else:
        measured.show(Console())
    sys.exit(0 if measured.within else 1)


@flow.command(name="try")
@click.argument("name", metavar="FLOW")
@click.option("--caller", metavar="NUMBER", help="The telephone number the call comes from, e.g. +14155550101.")
@click.option("--language", help="Of the prompts, as the dialplan would set it.")
@click.option(
    "--auto",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Play this transcript instead; exit 0 only if the call goes like it.",
)
@click.pass_obj
def try_flow(obj: Context, name: str, caller: str | None, language: str | None, auto: Path | None) -> None:
    """Call FLOW in this terminal: the keyboard is the keypad, the gateway is the local one, the accounts are those
    of the demo."""
    parts = Parts(obj.settings)
    chosen = _find(name, parts.flows)
    _check_language(language, parts.voice)
    if caller is not None and not re.fullmatch(HEADERS["caller"], caller):
        raise FsAppError(f"{caller!r} is no telephone number; it should be digits, with + before them or not")
    transcript = None if auto is None else read_transcript(auto)
    sys.exit(run_trial(obj.config, Trial(chosen.name, language, caller, transcript), Console()))


def _check_language(language: str | None, voice: FileVoice) -> None:
    if language is not None and language not in voice.languages:
        raise FsAppError(f"no prompts in {language!r}; there are: {', '.join(voice.languages)}")


def _measured(parts: Parts, flow: Flow, language: str, limit: float, answers: Iterable[str]) -> FlowTime:
    """ConfigError where a recording that is played is missing or unplayable: others may be."""
    voice, problems = parts.recordings
    _check_language(language, voice)
    given, rules = _given(answers, flow), parts.settings.payments.rules()
    plain, brief = (
        rehearse(flow, voice, parts.clock, language=language, manner=manner, rules=rules, given=given)
        for manner in (Manner.PLAIN, Manner.BRIEF)
    )
    played = {str(path) for path in plain.files | brief.files}
    if missing := [problem for problem in problems if problem.file in played]:
        raise ConfigError(missing)
    return FlowTime(flow.name, language, limit, plain, brief)


def _find(name: str, flows: dict[str, Flow]) -> Flow:
    if name not in flows:
        hint = did_you_mean(name, flows) or f"there are: {', '.join(sorted(flows))}"
        raise FsAppError(f"no flow is called {name!r}; {hint}")
    return flows[name]


def _given(answers: Iterable[str], flow: Flow) -> dict[str, list[str]]:
    """``step=keys``, as often as that step asks."""
    given = defaultdict(list)
    for answer in answers:
        step, equals, keys = answer.partition("=")
        if not equals or not set(keys) <= KEYS:
            raise FsAppError(f"{answer!r} should be STEP=KEYS, e.g. amount=2")
        if step not in flow.nodes:
            hint = did_you_mean(step, flow.nodes) or f"its steps are: {', '.join(flow.nodes)}"
            raise FsAppError(f"{flow.name} has no step {step!r}; {hint}")
        given[step].append(keys)
    return given
