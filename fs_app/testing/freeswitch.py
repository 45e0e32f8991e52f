"""A real FreeSWITCH with the shipped configuration, as a child of this process: for tests and the demo.

``conf/freeswitch`` is copied as it is; what belongs to this run (free ports, a password, where fs_app listens) is
written to its ``secrets.xml``, the place where an operator writes it too.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import gevent

from fs_app.errors import SwitchError, SwitchTimeout
from fs_app.telephony.inbound import EventSocket
from fs_app.testing.freeswitch_call import TestCall
from fs_app.testing.freeswitch_socket import Overheard
from fs_app.testing.ports import free_port, free_sip_port

CONFIGURATION = Path(__file__).resolve().parents[2] / "conf" / "freeswitch"
NUMBER = "15550001111"  # a payment number of conf/freeswitch/dialplan/public
INBAND_NUMBER = "15550002222"  # the same on a line whose keys are tones

_HOMES = ("/usr", "/usr/local/freeswitch", "/opt/freeswitch")
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_RTP_PORTS = 1000  # two a leg
_AGENT = """<include>
  <extension name="an agent who talks for so many milliseconds">
    <condition field="destination_number" expression="^test_agent_([0-9]+)$">
      <action application="answer"/>
      <action application="sleep" data="$1"/>
      <action application="hangup"/>
    </condition>
  </extension>
</include>
"""
_DEBUG = {"fs_app_log_level": "debug", "fs_app_log_levels": "debug,info,notice,warning,err,crit,alert"}


def find_freeswitch() -> Path | None:
    """The FreeSWITCH program of this machine: FREESWITCH_HOME, the usual places, PATH; None where there is none."""
    homes = [os.environ["FREESWITCH_HOME"]] if "FREESWITCH_HOME" in os.environ else list(_HOMES)
    for home in homes:
        program = Path(home) / "bin" / "freeswitch"
        if os.access(program, os.X_OK):
            return program
    found = None if "FREESWITCH_HOME" in os.environ else shutil.which("freeswitch")
    return Path(found) if found else None


class RealSwitch:
    """One FreeSWITCH on loopback; use as a context manager. ``folder`` gets its configuration, log and databases.

    ``hosts`` is where fs_app listens, ``second_hosts`` where the second try goes. ``debug`` raises its log to
    DEBUG. ``overhear`` keeps every event in ``overheard``: too much for hundreds of calls. ``documents`` are
    further files of the configuration, by path. SwitchError where there is no FreeSWITCH or it does not start.
    """

    def __init__(
        self,
        folder: Path,
        hosts: Sequence[str],
        sounds: Path,
        *,
        second_hosts: Sequence[str] = (),
        debug: bool = False,
        overhear: bool = True,
        documents: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.overheard = Overheard()
        self.password = secrets.token_hex(24)
        """Of its event socket."""
        self._sip_port, self.event_socket_port = free_sip_port(), free_port()
        self._claim = _claim_rtp_ports()
        rtp = int(self._claim.getsockname()[1])
        self._variables = {
            "fs_app_sounds": str(sounds.resolve()),
            "fs_app_hosts": "|".join(hosts),
            "fs_app_hosts_second": "|".join(second_hosts or hosts),
            "fs_app_sip_port": str(self._sip_port),
            "fs_app_rtp_first": str(rtp),
            "fs_app_rtp_last": str(rtp + _RTP_PORTS),
            "fs_app_event_socket_port": str(self.event_socket_port),
            "fs_app_event_socket_password": self.password,
            **(_DEBUG if debug else {}),
        }
        self._overhear = overhear
        self._documents = documents or {}
        self._program: subprocess.Popen[bytes] | None = None
        self._control: EventSocket | None = None
        self._listener: EventSocket | None = None
        self._callers: list[str] = []

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self.stop)
            self.start()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- its life ---

    def start(self) -> None:
        """Write the configuration, start the program, and wait until it takes calls."""
        program = find_freeswitch()
        if program is None:
            raise SwitchError("no FreeSWITCH is installed here (PATH, /usr/bin, FREESWITCH_HOME ...)")
        command = [str(program), "-nf", "-nc", "-nonat", "-nort", *self._write_folders()]
        with (self.folder / "console.log").open("wb") as console:
            self._program = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
            )
        until = time.monotonic() + _START_SECONDS
        self._control = self._connect(until)
        while "is ready" not in self.api("status") or "RUNNING" not in self.api("sofia status"):
            self._check_alive(until)
        if self._overhear:
            self._listener = self._connect(until)
            self.overheard.listen(self._listener)

    def stop(self) -> None:
        """End it. Harmless when repeated."""
        for client in (self._listener, self._control):
            if client is not None:
                client.close()
        self._listener = self._control = None
        program, self._program = self._program, None
        if program is not None:
            program.terminate()
            try:
                program.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        self._claim.close()

    @property
    def sip_address(self) -> str:
        """What a softphone on this machine dials."""
        return f"sip:{NUMBER}@127.0.0.1:{self._sip_port}"

    @property
    def configuration(self) -> Path:
        """The folder it runs with: a copy of conf/freeswitch."""
        return self.folder / "conf"

    @property
    def log(self) -> str:
        """The whole log file."""
        return (self.folder / "log" / "freeswitch.log").read_text(encoding="utf-8", errors="replace")

    # --- what it is asked to do ---

    def client(self) -> EventSocket:
        """One more client of its event socket; to be closed by whoever asked for it."""
        return self._connect(time.monotonic() + _START_SECONDS)

    def api(self, command: str) -> str:
        """Run an API command, as fs_cli would; its answer without the last newline."""
        if self._control is None:
            raise SwitchError("FreeSWITCH does not run")
        return self._control.api(command)

    def dial(self, number: str = NUMBER, *, caller_id: str = "14085550100", tones: bool = False) -> TestCall:
        """Call a number of the dialplan over SIP, from this same switch. ``tones``: the caller's side offers no
        telephone-event, and its keys are tones in the audio."""
        caller, sip_call = str(uuid4()), str(uuid4())
        variables = {
            "origination_uuid": caller,
            "sip_invite_call_id": sip_call,
            "origination_caller_id_number": caller_id,
            "ignore_early_media": "true",
            **({"dtmf_type": "none", "rtp_disable_2833": "true"} if tones else {}),
        }
        self._callers.append(caller)
        call = TestCall(self.api, self.overheard, caller, sip_call, tones=tones)
        text = ",".join(f"{name}={value}" for name, value in variables.items())
        target = f"sofia/fs_app/{number}@127.0.0.1:{self._sip_port}"
        answer = self.api(f"bgapi originate {{{text}}}{target} &park()")
        if not answer.startswith("+OK"):
            raise SwitchError(f"the call could not be placed: {answer}")
        return call

    def add_agent(self, queue: str = "payments@default", *, seconds: int = 2) -> None:
        """An agent who takes every call of the queue and talks for so many seconds."""
        agent = "test@default"
        extension = f"test_agent_{seconds * 1000}"
        contact = f"[leg_timeout=5]sofia/fs_app/{extension}@127.0.0.1:{self._sip_port}"
        for words in (
            f"agent add {agent} callback",
            f"agent set contact {agent} {contact}",
            f"agent set busy_delay_time {agent} 1",
            f"agent set reject_delay_time {agent} 1",
            f"agent set status {agent} Available",
            f"tier add {queue} {agent} 1 1",
        ):
            self.api(f"callcenter_config {words}")

    def remove_agent(self) -> None:
        """Nobody is logged in any more."""
        self.api("callcenter_config agent del test@default")

    def knows_its_keys(self, *channels: str) -> None:
        """These are telephones of a test, too: what they tell is what was pressed on them."""
        self._callers.extend(channels)

    def overheard_of_lines(self) -> str:
        """All events and log lines but those of the test callers' own telephones, which know their keys."""
        return self.overheard.text(without=self._callers)

    def log_of_lines(self) -> str:
        """The log file without the lines of the test callers' own telephones."""
        return "\n".join(line for line in self.log.split("\n") if not any(uuid in line for uuid in self._callers))

    # --- parts ---

    def _write_folders(self) -> list[str]:
        shutil.copytree(CONFIGURATION, self.configuration, dirs_exist_ok=True)
        lines = [f'  <X-PRE-PROCESS cmd="set" data="{name}={value}"/>' for name, value in self._variables.items()]
        path = self.configuration / "secrets.xml"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text("<include>\n" + "\n".join(lines) + "\n</include>\n", encoding="utf-8")
        for name, text in {"dialplan/public/test_agent.xml": _AGENT, **self._documents}.items():
            (self.configuration / name).write_text(text, encoding="utf-8")
        options = ["-conf", str(self.configuration)]
        for name in ("log", "db", "run", "storage"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
            options += [f"-{name}", str(self.folder / name)]
        return options

    def _connect(self, until: float) -> EventSocket:
        while True:
            self._check_alive(until)
            try:
                return EventSocket(("127.0.0.1", self.event_socket_port), self.password)
            except OSError:
                gevent.sleep(0.05)

    def _check_alive(self, until: float) -> None:
        if self._program is None or self._program.poll() is not None:
            raise SwitchError(f"FreeSWITCH did not start; see {self.folder}")
        if time.monotonic() > until:
            raise SwitchTimeout(f"FreeSWITCH was not ready within {_START_SECONDS:g} seconds; see {self.folder}")
        gevent.sleep(0.05)


def _claim_rtp_ports() -> socket.socket:
    """A range for audio, below the ports that the kernel hands out: it begins at the port of this socket, and is
    nobody else's while that is open. Two switches may bind the same UDP port and steal each other's audio."""
    firsts = list(range(16384, 32000 - _RTP_PORTS, _RTP_PORTS + 2))
    secrets.SystemRandom().shuffle(firsts)
    for first in firsts:
        claim = socket.socket()
        try:
            claim.bind(("127.0.0.1", first))
        except OSError:
            claim.close()
            continue
        return claim
    raise SwitchError("no ports for audio are free: how many switches run on this machine?")
