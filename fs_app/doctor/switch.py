"""What a running switch and its files tell: gathered once, then looked at by checks."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from fs_app.doctor.configuration import Configuration, read_running
from fs_app.errors import ConfigError, SwitchError
from fs_app.settings import Settings
from fs_app.telephony.inbound import EventSocket

DEFAULT_PASSWORD = "ClueCon"  # of every FreeSWITCH whose owner did not choose one
_SECONDS = 5.0
_LISTENING = "0A"  # tcp(7): the state LISTEN in /proc/net/tcp


class RunningSwitch:
    """The switch over its event socket. Each answer is asked for once. SwitchError where it does not answer."""

    def __init__(self, client: EventSocket) -> None:
        self._client = client
        self._answers: dict[str, str] = {}

    def ask(self, command: str) -> str:
        """What an API command answers."""
        if command not in self._answers:
            self._answers[command] = self._client.api(command)
        return self._answers[command]

    def variable(self, name: str) -> str:
        """A global variable, empty where there is none."""
        answer = self.ask(f"global_getvar {name}").strip()
        return "" if answer.startswith("-") else answer

    def has_module(self, name: str) -> bool:
        """Whether a module is loaded."""
        return self.ask(f"module_exists {name}").strip() == "true"

    def number(self, pattern: str) -> int | None:
        """A number in its ``status``, e.g. ``r"(\\d+) session\\(s\\) max"``."""
        match = re.search(pattern, self.ask("status"))
        return int(match[1]) if match else None

    @cached_property
    def clock_ahead(self) -> float:
        """How many seconds its clock is ahead of ours."""
        return int(self.ask("strepoch")) - time.time()

    @cached_property
    def configuration(self) -> Configuration:
        """What is in force. ConfigError where it cannot be read."""
        return read_running(self.ask("xml_locate configuration"), self.ask("xml_locate dialplan"))

    @property
    def log_folder(self) -> Path | None:
        """Where its log is, if it runs on this machine."""
        folder = Path(self.variable("log_dir") or "/nowhere")
        return folder if folder.is_dir() else None

    @property
    def core_limit(self) -> int | None:
        """The largest core file of its process in bytes, if it runs on this machine and may be looked at."""
        try:
            pid = (Path(self.variable("run_dir")) / "freeswitch.pid").read_text().strip()
            limits = Path(f"/proc/{int(pid)}/limits").read_text()
        except (OSError, ValueError):
            return None
        match = re.search(r"Max core file size\s+(\S+)", limits)
        return None if match is None else 2**63 if match[1] == "unlimited" else int(match[1])

    def close(self) -> None:
        """Hang up."""
        self._client.close()


@dataclass
class Switch:
    """A switch as far as it could be looked at: its files, the running one, both or none; and why not."""

    settings: Settings
    files: Configuration | None = None
    running: RunningSwitch | None = None
    unreadable: list[str] = field(default_factory=list)
    unreachable: str = ""
    takes_default_password: bool = False
    """The running one let us in with the password that everybody knows."""

    @cached_property
    def configurations(self) -> list[Configuration]:
        """What is written and what is in force, as far as they are known: the files first, as they name lines."""
        found = [self.files] if self.files is not None else []
        if self.running is not None:
            try:
                found.append(self.running.configuration)
            except (ConfigError, SwitchError) as error:
                self.unreadable.append(f"the running switch does not tell its configuration: {error}")
        return found

    @cached_property
    def listens_everywhere(self) -> bool:
        """Whether the port of the event socket is open beyond loopback on this machine."""
        host, port = self.settings.switch.event_socket
        return host in ("127.0.0.1", "::1", "localhost") and any(_open_beyond_loopback(port))


def knock(settings: Settings, password: str) -> RunningSwitch:
    """Log in. OSError, SwitchError."""
    return RunningSwitch(EventSocket(settings.switch.event_socket, password, seconds=_SECONDS))


def _open_beyond_loopback(port: int) -> list[str]:
    """The addresses, as the kernel writes them, on which somebody listens on a port, other than loopback ones."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            address, _, number = line.split()[1].partition(":")
            loopback = address.endswith("7F") or address == "00000000000000000000000001000000"
            if int(number, 16) == port and line.split()[3] == _LISTENING and not loopback:
                found.append(address)
    return found
