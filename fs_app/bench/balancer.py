"""HAProxy before the nodes, in TCP mode: what an operator would have on the machine of each switch."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from fs_app.errors import FsAppError

# `expect`: whoever is connected to is to speak first, as a worker does whose hub turns; a port that is merely open
# would pass for one. `shutdown-sessions`: the switch learns of a dead node by the check, not by its own kernel.
_CONFIGURATION = """\
global
  maxconn 20000
defaults
  mode tcp
  timeout connect 1s
  timeout check 1s
  timeout client 1h
  timeout server 1h
listen calls
  bind {listen}
  balance leastconn
  retries 3
  option redispatch 1
  option tcp-check
  tcp-check connect
  tcp-check expect string connect
  default-server check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""


class Balancer:
    """A HAProxy at ``listen``. Use as a context manager. A server that is not there yet is found by its check."""

    def __init__(self, folder: Path, listen: str, servers: Sequence[str]) -> None:
        self._log = folder / "haproxy.log"
        self._config = folder / "haproxy.cfg"
        lines = "\n".join(f"  server node{number} {server}" for number, server in enumerate(servers))
        self._config.write_text(_CONFIGURATION.format(listen=listen, servers=lines), encoding="ascii")

    def __enter__(self) -> Self:
        program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        if program is None:
            raise FsAppError("HAProxy is not on this machine; install it: apt-get install haproxy")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([program, "-db", "-f", str(self._config)], stdout=log, stderr=log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
