"""Law 7: what is wrong is found before a call can find it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import TypeVar

import structlog

from fs_app.app.lines import Lines
from fs_app.app.messages import check_receipt_texts
from fs_app.app.parts import Parts
from fs_app.errors import ConfigError, Problem
from fs_app.flow.flow import Flow
from fs_app.flow.step import Step
from fs_app.ports import Voice
from fs_app.settings import Settings
from fs_app.steps.choose_renewal import ChooseRenewal
from fs_app.steps.find_bill import FindBill
from fs_app.steps.identify import Identify
from fs_app.steps.send_link import SendLink
from fs_app.steps.tell_appointment import TellAppointment
from fs_app.steps.tell_subscription import TellSubscription
from fs_app.store.revision import schema_problem
from fs_app.store.sql_directory import SqlDirectory
from fs_app.yamlfile import Document, did_you_mean

T = TypeVar("T")
AnyParts = TypeVar("AnyParts", bound=Parts)

log = structlog.get_logger()

_SERVER_PHRASES = ("all_lines_busy", "technical_problem", "one_moment")


def checked_parts(settings: Settings, document: Document) -> Parts:
    """The parts of this process; ConfigError with everything that must be mended first. A gateway that is down is
    no such thing."""
    return proved(Parts(settings), document)


def proved(parts: AnyParts, document: Document) -> AnyParts:
    """The same of parts that were made elsewhere."""
    problems = check_everything(parts, document, gateway_must_answer=False)
    if problems:
        raise ConfigError(problems)
    return parts


def check_everything(parts: Parts, document: Document, *, gateway_must_answer: bool = True) -> list[Problem]:
    """What must be mended before a call may come: prompts, flows, receipts, database, SQL, gateway.

    With ``gateway_must_answer=False`` a gateway that cannot be reached is no problem, only one that refuses our
    keys: the server starts all the same, as callers can still hear their balance and reach a person. What was read
    for it is kept in ``parts``: who serves afterwards reads nothing again.
    """
    settings = parts.settings
    voice, found = parts.recordings
    problems = list(found)
    if voice.languages:
        flows = _collect(problems, lambda: parts.flows)
        lines, wrong = parts.line_records if flows is not None else ({}, [])
        problems += [*programme_problems(settings, document, voice, flows, lines), *wrong]
    _collect(problems, lambda: check_receipt_texts(settings, document))
    problems += _schedule_problems(settings, document)
    problems += _store_problems(parts, document)
    problems += _recordings_problems(settings, document)
    trouble = parts.gateway.check()
    if trouble is not None and (trouble.lasting or gateway_must_answer):
        problems.append(document.problem(("gateway",), trouble.reason))
    return problems


def programme_problems(
    settings: Settings, document: Document, voice: Voice, flows: Mapping[str, Flow] | None, lines: Lines
) -> list[Problem]:
    """What the settings ask of flows, lines and phrases; ``flows`` is None where they could not be read."""
    problems = _voice_problems(voice, settings, document)
    if flows is None:
        return problems
    if settings.line.flow not in flows:
        hint = did_you_mean(settings.line.flow, flows) or f"there are: {', '.join(sorted(flows))}"
        problems.append(document.problem(("line", "flow"), f"no flow is called {settings.line.flow!r}", hint))
    in_use = {settings.line.flow, *(line.flow for line in lines.values())}
    problems += _unlinked(settings, flows, in_use, document)
    return problems + _unlooked(settings, flows, in_use, document)


def _schedule_problems(settings: Settings, document: Document) -> list[Problem]:
    """Pauses that would let an attempt be judged while its charge may still be at work."""
    longest = settings.gateway.limit_seconds
    wrong = [name for name in ("charging_seconds", "proof_seconds") if getattr(settings.jobs, name) < longest]
    hint = "an attempt could be judged while its charge is still at work"
    return [
        document.problem(("jobs", name), f"should be at least {longest:g}, the longest a charge can take", hint)
        for name in wrong
    ]


def _recordings_problems(settings: Settings, document: Document) -> list[Problem]:
    """A folder of what callers say that is open to everybody. One that is not there is made closed when it is
    needed."""
    folder = settings.recordings
    if not folder.is_dir() or not folder.stat().st_mode & 0o007:
        return []
    message = f"{folder} is open to everybody on this machine"
    return [document.problem(("recordings",), message, "chmod o-rwx; it has to be FreeSWITCH's and ours alone")]


def _unlooked(settings: Settings, flows: Mapping[str, Flow], in_use: Set[str], document: Document) -> list[Problem]:
    """What a flow looks up and no statement does: nobody and nothing would be found. It is a mistake in a flow that
    a line has, and told in the log of those that only the dialplan could lead to."""
    statements = settings.directory.statements
    if statements is None:
        return []
    problems: list[Problem] = []
    for flow in flows.values():
        lacking: dict[str, str] = {}
        for node in flow.nodes.values():
            for name in _lookups(node.step):
                if getattr(statements, name) is None:
                    lacking.setdefault(name, node.name)
        if flow.name not in in_use:
            if lacking:
                log.warning(
                    "a flow lacks SQL statements; lead no number to it", flow=flow.name, lacks=list(lacking)
                )
            continue
        problems += [
            document.problem(
                ("directory", "statements"),
                f"the flow {flow.name!r} needs the statement {name} at its step {step!r}",
            )
            for name, step in lacking.items()
        ]
    return problems


def _unlinked(settings: Settings, flows: Mapping[str, Flow], in_use: Set[str], document: Document) -> list[Problem]:
    """A flow of a line that sends a link where no page is set: a caller would be led to a person instead."""
    if settings.messages.pay_link is not None:
        return []
    return [
        document.problem(
            ("messages",),
            f"the flow {name!r} sends a link at its step {node.name!r}, and pay_link is missing here",
            "e.g. pay_link: https://pay.example.org/{account}",
        )
        for name in sorted(in_use & set(flows))
        for node in flows[name].nodes.values()
        if isinstance(node.step, SendLink)
    ]


def _lookups(step: Step) -> list[str]:
    """The optional statements that a step cannot do without. Callers whose number is not on file are no mistake."""
    if isinstance(step, Identify):
        return [f"account_by_{link}" for link in step.identify if link in ("bill_number", "customer_number")]
    if isinstance(step, FindBill):
        return ["bill_by_number"] + (["account_by_bill_number"] if step.prove is not None else [])
    return [_LOOKS_UP[type(step)]] if type(step) in _LOOKS_UP else []


_LOOKS_UP: Mapping[type[Step], str] = {
    TellSubscription: "subscriptions",
    ChooseRenewal: "subscription_offers",
    TellAppointment: "appointments",
}


def _store_problems(parts: Parts, document: Document) -> list[Problem]:
    problems: list[Problem] = []
    problem = schema_problem(parts.database)
    if problem is not None:
        problems.append(document.problem(("database", "url"), problem))
    if isinstance(parts.directory, SqlDirectory):
        problems += [_statement_problem(document, key, message) for key, message in parts.directory.problems()]
    return problems


def _collect(problems: list[Problem], load: Callable[[], T]) -> T | None:
    try:
        return load()
    except ConfigError as error:
        problems += error.problems
        return None


def _voice_problems(voice: Voice, settings: Settings, document: Document) -> list[Problem]:
    language, problems = settings.line.language, []
    if language not in voice.languages:
        hint = f"there are: {', '.join(voice.languages)}"
        problems.append(document.problem(("line", "language"), f"no prompts in {language!r}", hint))
    for spoken in voice.languages:
        problems += [
            Problem(str(settings.sounds / "phrases.yaml"), 0, 0, f"{spoken} has no phrase {phrase!r}", "add it")
            for phrase in _SERVER_PHRASES
            if voice.gaps(phrase, spoken) is None
        ]
    return problems


def _statement_problem(document: Document, key: str, message: str) -> Problem:
    place = ("directory", "url") if key == "url" else ("directory", "statements", key)
    return document.problem(place, message)
