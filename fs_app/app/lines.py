"""The lines of conf/lines.yaml, proved against the flows and the phrases there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from fs_app import yamlfile
from fs_app.domain.notices import Closed
from fs_app.domain.rules import Rules
from fs_app.errors import ConfigError, Problem
from fs_app.flow.call import Line
from fs_app.flow.flow import Flow
from fs_app.ports import Voice
from fs_app.settings import Settings
from fs_app.settings.lines import LineEntry, LinesFile
from fs_app.settings.rules import RuleSettings
from fs_app.yamlfile import Document, Place, did_you_mean

Lines = Mapping[str, Line]
"""The lines by name; ``""`` is the one that a call comes to whose dialplan names none. What an entry does not say
of
its flow, language and queue is empty: the dialplan and the settings say it."""


def load_lines(
    settings: Settings, flows: Mapping[str, Flow], voice: Voice
) -> tuple[dict[str, Line], list[Problem]]:
    """The lines, and everything that is wrong with them. Without the file there is the one line of the settings."""
    if not settings.lines.is_file():
        return {"": _plain(settings)}, []
    try:
        document, file = _read(settings)
    except ConfigError as error:
        return {"": _plain(settings)}, list(error.problems)
    problems = list(_mistakes(document, file, settings, flows, voice))
    lines = {"": _with_emergency(_plain(settings), file)}
    for name, entry in file.lines.items():
        try:
            lines[name] = _line(name, entry, file, settings, document)
        except ConfigError as error:
            problems += error.problems
    return lines, problems


def own_rules(settings: Settings) -> tuple[dict[str, Rules], set[str]]:
    """The rules of each line, ``""`` for the one that no dialplan names, and every queue that lines name: what can
    be said without the flows. ConfigError where the file is wrong."""
    rules, queues = {"": settings.payments.rules()}, set[str]()
    if settings.lines.is_file():
        document, file = _read(settings)
        for name, entry in file.lines.items():
            rules[name] = _rules(name, entry, settings, document)
            queues |= {entry.queue} if entry.queue else set()
    return rules, queues


def expired(settings: Settings, now: datetime) -> Iterator[Problem]:
    """What could be deleted: announcements whose end has passed. ConfigError where the file is wrong."""
    if not settings.lines.is_file():
        return
    document, file = _read(settings)
    for name, entry in file.lines.items():
        for index, each in enumerate(entry.announcements):
            announcement = each.announcement(_zone(entry, settings))
            if announcement.expired(now):
                message = f"the announcement {announcement.say} ended at {announcement.until:%Y-%m-%d %H:%M}"
                yield document.problem(("lines", name, "announcements", index), message, "it may be deleted")


def _read(settings: Settings) -> tuple[Document, LinesFile]:
    document = yamlfile.read(settings.lines)
    return document, yamlfile.validate(document, LinesFile, data=document.data or {})


def _zone(entry: LineEntry, settings: Settings) -> ZoneInfo:
    return ZoneInfo(entry.timezone or settings.timezone)


def _plain(settings: Settings) -> Line:
    return Line("", "", "", settings.payments.rules(), settings.agreements.offers(), settings.agents.rules())


def _with_emergency(line: Line, file: LinesFile) -> Line:
    if file.emergency is None:
        return line
    return replace(line, emergency=file.emergency.emergency())


def _line(name: str, entry: LineEntry, file: LinesFile, settings: Settings, document: Document) -> Line:
    """ConfigError where its rules of its own are wrong."""
    zone = _zone(entry, settings)
    emergency = entry.emergency or file.emergency
    return Line(
        flow=entry.flow or "",
        language=entry.language or "",
        queue=entry.queue or "",
        rules=_rules(name, entry, settings, document),
        offers=settings.agreements.offers(),
        help=settings.agents.rules(),
        name=name,
        hours=entry.opening(zone),
        closed=entry.closed,
        closed_message=entry.closed_message,
        emergency=None if emergency is None else emergency.emergency(),
        announcements=tuple(each.announcement(zone) for each in entry.announcements),
    )


def _rules(name: str, entry: LineEntry, settings: Settings, document: Document) -> Rules:
    given = {
        key: value for key, value in settings.payments.model_dump().items() if key in RuleSettings.model_fields
    }
    merged = {**given, **entry.payments}
    return yamlfile.validate(document, RuleSettings, ("lines", name, "payments"), merged).rules()


def _mistakes(
    document: Document, file: LinesFile, settings: Settings, flows: Mapping[str, Flow], voice: Voice
) -> Iterator[Problem]:
    """Names that nothing bears."""
    if file.emergency is not None:
        yield from _unsaid(document, ("emergency", "say"), file.emergency.say, voice)
    for name, entry in file.lines.items():
        here: Place = ("lines", name)
        if entry.flow is not None and entry.flow not in flows:
            hint = did_you_mean(entry.flow, flows) or f"there are: {', '.join(sorted(flows))}"
            yield document.problem((*here, "flow"), f"no flow is called {entry.flow!r}", hint)
        if entry.language is not None and entry.language not in voice.languages:
            hint = f"there are prompts in {', '.join(voice.languages)}"
            yield document.problem((*here, "language"), f"no prompts in {entry.language!r}", hint)
        if entry.closed is Closed.MESSAGE:
            yield from _unsaid(document, (*here, "closed_message"), entry.closed_message, voice)
        for index, announcement in enumerate(entry.announcements):
            yield from _unsaid(document, (*here, "announcements", index, "say"), announcement.say, voice)
            span = announcement.announcement(_zone(entry, settings))
            if span.since is not None and span.expired(span.since):
                yield document.problem((*here, "announcements", index), "it ends before it begins")
        if entry.emergency is not None:
            yield from _unsaid(document, (*here, "emergency", "say"), entry.emergency.say, voice)


def _unsaid(document: Document, place: Place, phrase: str, voice: Voice) -> Iterator[Problem]:
    """A phrase that is missing in some language, or has a gap that nothing fills."""
    for language in voice.languages:
        gaps = voice.gaps(phrase, language)
        if gaps is None:
            yield document.problem(place, f"no phrase {phrase!r} in {language!r}")
        elif gaps:
            braced = ", ".join(f"{{{gap}}}" for gap in sorted(gaps))
            yield document.problem(place, f"nothing fills these gaps of {phrase!r} in {language!r}: {braced}")
