"""What can be wrong on our own side: the configuration, rights of files, the disk, the clock, open ports."""

from __future__ import annotations

import email.utils
import shutil
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import requests

from fs_app.doctor.finding import Check, Found, Severity
from fs_app.errors import Problem
from fs_app.settings import Settings

_GATEWAYS = {
    "sandbox": "https://api.sandbox.braintreegateway.com/",
    "production": "https://api.braintreegateway.com/",
}
_SKEW_SECONDS = 60.0
_FREE_BYTES = 1024**3


@dataclass(frozen=True)
class Own:
    """Our side. ``problems`` is what `check_everything` found; ``config`` the settings file; ``processes`` is where
    the system shows them, proc(5). ``queues`` and ``agents`` are those of `people.People`."""

    settings: Settings
    config: Path
    problems: Sequence[Problem] = ()
    processes: Path = Path("/proc")
    queues: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)


def configuration(own: Own) -> Iterator[Found]:
    for problem in own.problems:
        place = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
        yield Found(problem.message, problem.hint, place)


def file_rights(own: Own) -> Iterator[Found]:
    """Files that hold secrets: the settings where a secret is written into them, the embedded database."""
    for path, holds in (
        (own.config, _writes_secrets(own.config)),
        *((each, True) for each in _database_files(own)),
    ):
        if holds and path.exists() and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            yield Found(f"everybody on this machine can read {path.name}", f"chmod o-rwx {path}", str(path))


def free_disk(own: Own) -> Iterator[Found]:
    for path in {each.parent for each in _database_files(own)} | {own.settings.run}:
        if path.is_dir() and (free := shutil.disk_usage(path).free) < _FREE_BYTES:
            yield Found(f"{free / 1024**2:.0f} MB are free", "make room, or move `run` and the database", str(path))


def open_ports(own: Own) -> Iterator[Found]:
    settings = own.settings
    addresses = {
        "calls.listen": settings.calls.listen,
        "metrics": settings.metrics,
        "jobs.metrics": settings.jobs.metrics,
        "web.listen": settings.web.listen,
        "console.listen": settings.console.listen,
        **({"gateway.listen": settings.gateway.listen} if settings.gateway.kind == "local" else {}),
    }
    for name, (host, port) in addresses.items():
        if not _is_loopback(host):
            yield Found(f"{name} is {host}:{port}, beyond loopback", f"{name}: 127.0.0.1:{port}", str(own.config))


def gateway_clock(own: Own) -> Iterator[Found]:
    """The ``Date`` header (RFC 9110) of whatever the gateway answers."""
    part = own.settings.gateway
    url = _GATEWAYS.get(part.kind, f"http://{part.listen[0]}:{part.listen[1]}/")
    try:
        told = requests.head(url, timeout=part.connect_seconds, allow_redirects=False).headers.get("Date", "")
        theirs = email.utils.parsedate_to_datetime(told).timestamp()
    except (requests.RequestException, ValueError, TypeError):
        return  # that it cannot be reached is told elsewhere
    ahead = time.time() - theirs
    if abs(ahead) > _SKEW_SECONDS:
        word = "ahead of" if ahead > 0 else "behind"
        yield Found(f"our clock is {abs(ahead):.0f} s {word} the gateway's", "chrony or systemd-timesyncd")


def local_gateway(own: Own) -> Iterator[Found]:
    if own.settings.gateway.kind == "local" and own.settings.database.url.startswith("mysql"):
        yield Found(
            "payments go to the local gateway: nobody is charged", "gateway.kind: production", str(own.config)
        )


def spoken_answers(own: Own) -> Iterator[Found]:
    """The folder of what callers say on request, where FreeSWITCH runs on this machine and may not write there."""
    folder = own.settings.recordings
    if not folder.is_dir():
        return  # made when it is needed
    status = folder.stat()
    for user, groups in sorted(_switches(own.processes)):
        mine = user == status.st_uid and status.st_mode & 0o300 == 0o300
        ours = status.st_gid in groups and status.st_mode & 0o030 == 0o030
        if not (user == 0 or mine or ours):
            change = f"chgrp to a group of FreeSWITCH's user, and chmod g+rwx {folder}"
            yield Found(f"FreeSWITCH runs as user {user} and cannot write to it", change, str(folder))


def _switches(processes: Path) -> set[tuple[int, frozenset[int]]]:
    """User and groups of every FreeSWITCH that runs here."""
    found = set()
    for status in processes.glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended meanwhile
            fields = dict(line.partition(":")[::2] for line in status.read_text("utf-8", "replace").splitlines())
            if fields.get("Name", "").strip() == "freeswitch":
                groups = {*fields["Groups"].split(), fields["Gid"].split()[1]}
                found.add((int(fields["Uid"].split()[1]), frozenset(map(int, groups))))
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _writes_secrets(config: Path) -> bool:
    names = ("private_key:", "password:", "api_token:", "hash_key:", "Authorization:", "mysql+mysqldb://")
    lines = config.read_text("utf-8", "replace").splitlines() if config.exists() else []
    return any(name in line.partition("#")[0] and "env:" not in line for name in names for line in lines)


def _database_files(own: Own) -> list[Path]:
    url = own.settings.database.url
    return [Path(url.removeprefix("sqlite:///"))] if url.startswith("sqlite:///") else []


C, W, A = Severity.CRITICAL, Severity.WRONG, Severity.ADVICE

OWN_CHECKS: tuple[Check[Own], ...] = (
    Check("configuration", C, "nothing starts like this, or the next restart fails", configuration),
    Check("file_rights", W, "secrets and customers' data are in it", file_rights),
    Check("free_disk", W, "without room no payment can be written down", free_disk),
    Check("open_ports", W, "these ports have no password: whoever reaches them can speak to them", open_ports),
    Check("spoken_answers", W, "a spoken authorisation cannot be kept, and nothing is debited", spoken_answers),
    Check("gateway_clock", W, "ages of attempts are compared with the gateway's times", gateway_clock),
    Check("local_gateway", A, "it is for demonstrations and tests", local_gateway),
)
