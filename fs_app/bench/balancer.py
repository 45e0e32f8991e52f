"""HAProxy before the nodes, in TCP mode: what an operator would have on the machine of each switch."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import gevent

from fs_app.chaos.site import local
from fs_app.errors import FsAppError

_START_SECONDS = 10.0

# `expect`: whoever is connected to is to speak first, as a worker does whose hub turns; a port that is merely open
# would pass for one. `shutdown-sessions`: the switch learns of a dead node by the check, not by its own kernel.
_CONFIGURATION = """\
global
  maxconn 4000
defaults
  mode tcp
  timeout connect 1s
  timeout check 1s
  timeout client 1h
  timeout server 1h
  balance leastconn
  retries 3
  option redispatch 1
  option tcp-check
  tcp-check connect
  tcp-check expect string connect
  default-server check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
"""


class Balancer:
    """A HAProxy. Use as a context manager. A server that is not there yet is found by its check.

    ``all_of_them`` spreads calls over the servers, by their name; an address of ``one_first`` sends them to that
    server as long as it is there.
    """

    def __init__(self, folder: Path, servers: Mapping[str, str], ports: Sequence[int]) -> None:
        addresses = [local(port) for port in ports]
        self.all_of_them = addresses[0]
        self.one_first = dict(zip(servers, addresses[1:], strict=True))
        self._log = folder / "haproxy.log"
        self._config = folder / "haproxy.cfg"
        parts = [_CONFIGURATION, *_part("all", self.all_of_them, servers, list(servers))]
        for name, address in self.one_first.items():
            parts += _part(name, address, servers, [name])
        self._config.write_text("\n".join([*parts, ""]), encoding="ascii")
        self._first_port = ports[0]

    def __enter__(self) -> Self:
        program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        if program is None:
            raise FsAppError("HAProxy is not on this machine; install it: apt-get install haproxy")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([program, "-db", "-f", str(self._config)], stdout=log, stderr=log)
        with gevent.Timeout(_START_SECONDS, FsAppError(f"HAProxy did not start; see {self._log}")):
            while not self._listens():
                gevent.sleep(0.05)
        return self

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._first_port)).close()
        except OSError:
            return False
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()


def _part(name: str, listen: str, servers: Mapping[str, str], active: Sequence[str]) -> list[str]:
    lines = [f"  server {each} {server}{'' if each in active else ' backup'}" for each, server in servers.items()]
    return [f"listen {name}", f"  bind {listen}", *lines]
