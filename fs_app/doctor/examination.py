"""The whole examination: gather, run every check, and put what was found in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from fs_app.doctor.configuration import read_files
from fs_app.doctor.dialplan_checks import DIALPLAN_CHECKS
from fs_app.doctor.finding import Finding, Severity
from fs_app.doctor.media_checks import MEDIA_CHECKS
from fs_app.doctor.own_checks import OWN_CHECKS, Own
from fs_app.doctor.people import People
from fs_app.doctor.people_checks import PEOPLE_CHECKS
from fs_app.doctor.switch import DEFAULT_PASSWORD, Switch, knock
from fs_app.doctor.switch_checks import SWITCH_CHECKS
from fs_app.errors import ConfigError, SwitchError
from fs_app.settings import Settings

CHECKS = (*SWITCH_CHECKS, *DIALPLAN_CHECKS, *MEDIA_CHECKS, *PEOPLE_CHECKS, *OWN_CHECKS)
"""Every check, in the order of the documentation."""

_OF_THE_SWITCH = (*DIALPLAN_CHECKS, *MEDIA_CHECKS, *SWITCH_CHECKS)
_ORDER = list(Severity)


def examine(settings: Settings, own: Own) -> list[Finding]:
    """Look at the switch and at our side; the worst first. Nothing is changed anywhere."""
    switch = look_at(settings)
    try:
        return examined(switch, own)
    finally:
        if switch.running is not None:
            switch.running.close()


def critical_in_force(settings: Settings) -> list[Finding]:
    """What is critical about the running switch alone, whatever is written in its files. Empty where its password
    is not known. OSError and SwitchError where it does not answer."""
    if settings.switch.password is None:
        return []
    switch = Switch(settings, running=knock(settings, settings.switch.password.get_secret_value()))
    try:
        checks = [check for check in _OF_THE_SWITCH if check.severity is Severity.CRITICAL]
        return list(_once(chain.from_iterable(check.findings(switch) for check in checks)))
    finally:
        if switch.running is not None:
            switch.running.close()


def examined(switch: Switch, own: Own) -> list[Finding]:
    """Run every check. What is wrong in the files and in force alike is told once, with its file."""
    people = People(switch, own.queues, own.agents)
    found = chain(
        chain.from_iterable(check.findings(switch) for check in _OF_THE_SWITCH),
        chain.from_iterable(check.findings(people) for check in PEOPLE_CHECKS),
        chain.from_iterable(check.findings(own) for check in OWN_CHECKS),
    )
    return sorted(_once(found), key=lambda finding: (_ORDER.index(finding.severity), finding.check))


def look_at(settings: Settings) -> Switch:
    """The switch's files and the running one, as far as they can be reached."""
    switch = Switch(settings)
    try:
        switch.files = read_files(settings.switch.configuration)
    except ConfigError as error:
        switch.unreadable.append(str(error))
    switch.takes_default_password = _lets_in(settings, DEFAULT_PASSWORD)
    password = settings.switch.password
    if password is None:
        switch.unreachable = "switch.password is not set"
        return switch
    try:
        switch.running = knock(settings, password.get_secret_value())
    except (OSError, SwitchError) as error:
        switch.unreachable = str(error)
    return switch


def _lets_in(settings: Settings, password: str) -> bool:
    try:
        knock(settings, password).close()
    except (OSError, SwitchError):
        return False
    return True


def _once(found: Iterable[Finding]) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for finding in found:
        if (finding.check, finding.what) not in seen:
            seen.add((finding.check, finding.what))
            yield finding
