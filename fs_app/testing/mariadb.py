"""A private MariaDB for tests: its own folder, socket and process; the machine's is not touched."""

from __future__ import annotations

import getpass
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import MySQLdb

_START_SECONDS = 60
_INSTALL = "install it: apt-get install mariadb-server libmariadb-dev"


class PrivateMariaDB:
    """A server that listens on a socket of its own. ``start`` it, ask for URLs, ``stop`` it.

    ``pause`` stops it in mid-air as a hung machine would; ``resume`` lets it go on. ``durable``: a commit that was
    answered outlives `kill`; without it the last second may be lost, and tests are faster.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._flush = 1 if durable else 0
        self.folder = Path(tempfile.mkdtemp(prefix="fs_app_db_", dir="/tmp"))  # a socket's path must be short
        self.socket = self.folder / "socket"
        (self.folder / "tmp").mkdir()  # a server that starts removes what others have in a common one
        self._process: subprocess.Popen[bytes] | None = None
        self._names = (f"test_{number}" for number in itertools.count(1))

    def start(self) -> None:
        """Create the system tables, wait until the server answers. RuntimeError with its log where it does not."""
        self._install()
        self.run()

    def run(self) -> None:
        """Start the server on its tables: the second half of `start`, and the end of an outage."""
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [_program("mariadbd"), *self._options(), f"--socket={self.socket}", "--skip-networking",
             f"--innodb-flush-log-at-trx-commit={self._flush}", "--innodb-buffer-pool-size=32M", "--skip-log-bin",
             "--performance-schema=OFF", "--max-connections=200", f"--pid-file={self.folder}/pid"],
            stdout=log, stderr=log,
        )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mariadbd did not start:\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.05)

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mysql+mysqldb://root@localhost/{name}?unix_socket={self.socket}"

    def execute(self, statement: str) -> None:
        """Run one statement as root."""
        connection = MySQLdb.connect(user="root", unix_socket=str(self.socket))
        try:
            connection.query(statement)
        finally:
            connection.close()

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def pause(self) -> None:
        """The server stops answering, its connections stay open."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """The end of `pause`."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """An outage: no clean end, connections break. `run` ends it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End the server and remove everything."""
        if self._process is not None and self.running:
            self.resume()
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _install(self) -> None:
        done = subprocess.run(
            [_program("mariadb-install-db"), *self._options(), "--auth-root-authentication-method=normal",
             "--skip-test-db", "--skip-name-resolve"],
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"mariadb-install-db failed:\n{done.stdout.decode()}{done.stderr.decode()}")

    def _options(self) -> list[str]:
        folders = [f"--datadir={self.folder}/data", f"--tmpdir={self.folder}/tmp"]
        return ["--no-defaults", *folders, f"--user={getpass.getuser()}"]

    def _answers(self) -> bool:
        try:
            MySQLdb.connect(user="root", unix_socket=str(self.socket), connect_timeout=1).close()
        except MySQLdb.OperationalError:
            return False
        return True


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError(f"{name} is not on this machine; {_INSTALL}")
    return found
