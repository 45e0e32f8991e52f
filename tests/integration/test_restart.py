"""A rolling restart of real workers: the port answers all the time, calls go on, a mistake changes nothing."""

import os
import signal
import socket
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import gevent
import pytest
import yaml
from click.testing import CliRunner

from fs_app.cli import main
from fs_app.demo.workspace import Workspace
from fs_app.serve.control import ask
from fs_app.testing.switch import SimulatedSwitch, What, dialplan

CONFIG = Path(__file__).parents[2] / "conf" / "fs_app.yaml"
DEADLINE = 60.0
SOCKET = "fs_app.sock"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    with Workspace(CONFIG, tmp_path_factory.mktemp("restart"), roles=["calls"], workers=2) as workspace:
        until(lambda: "everything is up" in workspace.log.read_text())
        yield workspace


@pytest.fixture
def changed(workspace):
    """Writes settings with something changed; the next test finds them as they were."""
    as_they_were = workspace.config.read_text()

    def change(**parts):
        settings = yaml.safe_load(as_they_were)
        for name, value in parts.items():
            settings[name] = {**settings[name], **value} if isinstance(value, dict) else value
        workspace.config.write_text(yaml.safe_dump(settings))

    yield change
    workspace.config.write_text(as_they_were)


def until(condition):
    deadline = time.monotonic() + DEADLINE
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {DEADLINE} s"
        gevent.sleep(0.02)
    return result


@contextmanager
def knocking(workspace):
    """Somebody connects all the time, as the switch does: what each met, in all."""
    met = Counter()

    def knock():
        while True:
            try:
                with socket.create_connection(workspace.settings.calls.listen, timeout=DEADLINE) as line:
                    met[line.recv(7)] += 1
            except OSError as error:
                met[repr(error)] += 1
            gevent.sleep(0.01)

    knocking = gevent.spawn(knock)
    try:
        yield met
    finally:
        knocking.kill()
        until(lambda: not any(view["calls"] for view in status(workspace)))


@contextmanager
def asking_again(caller):
    """The caller clears what they keyed again and again: so long the question lasts, as no prompt does."""

    def clear():
        while True:
            gevent.sleep(5)
            caller.press("1*")

    clearing = gevent.spawn(clear)
    try:
        yield
    finally:
        clearing.kill()


def workers(workspace):
    """The process of each worker by its role."""
    return {view["role"]: view["pid"] for view in status(workspace)}


def status(workspace):
    return list(ask(workspace.folder / SOCKET, "status"))


def fs_app(workspace, *words):
    return CliRunner().invoke(main, ["--config", str(workspace.config), *words])


def metrics_answer(workspace, slot):
    host, port = workspace.settings.metrics_of(slot)
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=5) as answer:
            return b"fs_app_calls_active" in answer.read()
    except OSError:
        return False


def test_a_broken_flow_changes_nothing(workspace, changed, tmp_path):
    broken = workspace.settings.flows.joinpath("pay_balance.yaml").read_text().replace("do: charge", "do: chrage")
    (tmp_path / "pay_balance.yaml").write_text(broken)
    changed(flows=str(tmp_path))
    before = workers(workspace)
    done = fs_app(workspace, "restart")
    assert done.exit_code == 1
    assert "calls 0 was not replaced" in done.stderr
    assert "pay_balance.yaml:" in done.stderr and "chrage" in done.stderr
    assert workers(workspace) == before
    with knocking(workspace) as met:
        until(lambda: met[b"connect"] > 10)
    assert set(met) == {b"connect"}


def test_every_worker_is_replaced_while_the_port_answers_and_a_call_goes_on(workspace):
    before = workers(workspace)
    with SimulatedSwitch(dialplan(workspace.hosts)) as switch:
        caller = switch.dial(stepped=True)
        caller.wait_prompt(DEADLINE)
        caller.hear_out()
        caller.wait_prompt(DEADLINE)
        takes_it = until(lambda: [view["pid"] for view in status(workspace) if view["calls"]])
        with knocking(workspace) as met:
            replacing = gevent.spawn(fs_app, workspace, "restart")
            with asking_again(caller):
                until(lambda: takes_it == [each["pid"] for each in status(workspace) if each["state"] == "leaving"])
                again = fs_app(workspace, "restart")
            assert (again.exit_code, "under way already" in again.stderr) == (1, True)
            caller.press("*")  # the end of its step: it goes on at a fresh worker
            caller.wait_for(What.CONNECTED, DEADLINE)
            heard = caller.wait_prompt(DEADLINE)
            assert "enter_account_number" in heard.files[0].name
            assert caller.story.count("connected") == 2
            caller.hang_up()
            done = replacing.get(timeout=DEADLINE)
            assert done.exit_code == 0, done.output
            told = done.output + again.output  # both print to one process's output, whosever it is just then
            assert (told.count("is ready"), told.count("is gone")) == (2, 2)
    assert set(met) == {b"connect"}
    after = workers(workspace)
    assert after.keys() == before.keys() == {"calls 0", "calls 1"}
    assert not set(after.values()) & set(before.values())
    assert [metrics_answer(workspace, slot) for slot in (0, 1)] == [True, True]


def test_a_second_server_is_refused(workspace):
    """By the port, and where its roles have other ports, by the socket that `fs-app restart` speaks to."""
    refusals = {
        "calls": ": cannot listen there: Address already in use",
        "jobs": f"{SOCKET}: somebody answers there",
    }
    for role, why in refusals.items():
        done = fs_app(workspace, "serve", role)
        assert done.exit_code == 78
        assert why in done.stderr and "is another one running?" in done.stderr


def test_sighup_replaces_them_by_as_many_as_the_settings_say_now(workspace, changed):
    changed(calls={"workers": 1})
    before = workers(workspace)
    with knocking(workspace) as met:
        os.kill(workspace._server.pid, signal.SIGHUP)
        until(lambda: "restart done" in workspace.log.read_text())
    assert set(met) == {b"connect"}
    after = workers(workspace)
    assert after.keys() == {"calls 0"}
    assert not set(after.values()) & set(before.values())
    assert [metrics_answer(workspace, slot) for slot in (0, 1)] == [True, False]


def test_workers_whose_supervisor_is_killed_leave_their_address(workspace):
    left = workers(workspace).values()
    os.kill(workspace._server.pid, signal.SIGKILL)
    workspace._server.wait(timeout=DEADLINE)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
    socket.create_server(workspace.settings.calls.listen).close()
