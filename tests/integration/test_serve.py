"""``fs-app serve`` in real processes: what dies is started again, SIGTERM ends everything, calls are let finish."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from fs_app.app import jobs
from fs_app.demo.workspace import Workspace
from fs_app.prompts.voice import load_voice
from fs_app.settings import load_settings
from fs_app.testing.switch import SimulatedSwitch, What, dialplan

CONFIG = Path(__file__).parents[2] / "conf" / "fs_app.yaml"
DEADLINE = 30.0


@pytest.fixture
def workspace(tmp_path):
    with Workspace(CONFIG, tmp_path / "demo") as workspace:
        yield workspace


def children(pid):
    """The processes a supervisor has started: role by process id, ``calls 0`` for a worker."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError):
                continue
            if parent == pid and len(words) > 1:  # a dead one has no words
                found[int(folder.name)] = b" ".join(words[5:-1]).replace(b"--slot ", b"").decode()
    return found


def until(condition):
    deadline = time.monotonic() + DEADLINE
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {DEADLINE} s"
        time.sleep(0.05)
    return result


@contextmanager
def call(workspace):
    with SimulatedSwitch(dialplan(workspace.hosts)) as switch:
        yield switch.dial(stepped=True)


def test_a_role_that_is_killed_comes_back(workspace):
    server = workspace._server
    running = children(server.pid)
    assert sorted(running.values()) == ["calls 0", "console", "jobs", "sandbox", "web"]
    victim = next(pid for pid, role in running.items() if role == "calls 0")
    os.kill(victim, signal.SIGKILL)
    until(lambda: "calls 0" in children(server.pid).values() and victim not in children(server.pid))
    until(lambda: _takes_a_call(workspace))
    assert "role died, starting it again" in workspace.log.read_text()


def _takes_a_call(workspace):
    with call(workspace) as caller:
        try:
            return bool(caller.wait_prompt(2).files)
        except TimeoutError:
            return False


def test_sigterm_takes_no_new_call_and_lets_a_call_go_on(workspace):
    with call(workspace) as caller:
        caller.wait_prompt(DEADLINE)
        workspace._server.send_signal(signal.SIGTERM)
        until(lambda: "no new calls" in workspace.log.read_text())
        caller.hear_out()
        caller.press("10001#")
        heard = caller.wait_prompt(DEADLINE)
        while "enter_pin" not in heard.files[0].name:
            caller.hear_out()
            heard = caller.wait_prompt(DEADLINE)
        with SimulatedSwitch(dialplan(workspace.hosts)) as switch:
            refused = switch.dial(stepped=True)
            assert refused.wait_for(What.FALLBACK, DEADLINE)
        caller.hang_up()
    assert workspace._server.wait(timeout=DEADLINE) == 0
    assert children(workspace._server.pid) == {}


def test_a_second_sigterm_ends_everything_at_once(workspace):
    with call(workspace) as caller:
        caller.wait_prompt(DEADLINE)
        workspace._server.send_signal(signal.SIGTERM)
        until(lambda: "no new calls" in workspace.log.read_text())
        workspace._server.send_signal(signal.SIGTERM)
        workspace._server.wait(timeout=5)
        # The dialplan goes on: nobody else listens, so it is the agent queue.
        assert caller.wait_for(What.FALLBACK, DEADLINE)


def test_wrong_settings_end_the_whole_at_once(tmp_path):
    path = tmp_path / "bad.yaml"
    anywhere = "127.0.0.1:0"
    settings = {
        **{role: {"listen": anywhere} for role in ("calls", "web", "console", "gateway")},
        "metrics": anywhere,
        "jobs": {"metrics": anywhere},
        "database": {"url": f"sqlite:///{tmp_path}/absent.sqlite"},
        "run": str(tmp_path),
    }
    path.write_text(yaml.safe_dump(settings))
    done = subprocess.run(
        [sys.executable, "-m", "fs_app", "--config", str(path), "serve"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 78
    assert "run `fs-app db upgrade`" in done.stderr


def test_the_shipped_recordings_are_what_the_server_plays(workspace):
    """The demo uses sounds/ as it is; every file of the first prompt can be told and measured."""
    voice = load_voice(workspace.settings.sounds)
    with call(workspace) as caller:
        files = caller.wait_prompt(DEADLINE).files
    assert " ".join(voice.text_of(path) for path in files).startswith("Thank you for calling.")
    assert all(voice.seconds_of(path) > 0.2 for path in files)


def test_jobs_that_break_end_their_process_so_that_they_are_started_again(monkeypatch):
    """A loop that died would leave a process that looks alive and settles nothing."""

    class Broken:
        def __init__(self, settings, parts):
            pass

        def start(self):
            pass

        def run(self):
            raise ValueError("a bug")

        def stop(self):
            pass

    monkeypatch.setattr(jobs, "Jobs", Broken)
    monkeypatch.setattr(jobs, "checked_parts", lambda *_: None)
    with pytest.raises(ValueError, match="a bug"):
        jobs.run_jobs(*load_settings(CONFIG))
