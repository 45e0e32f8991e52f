"""The control socket: private, short enough anywhere, and one server at a time."""

import stat

import gevent
import pytest
from gevent.event import Event

from fs_app.errors import FsAppError, RestartFailed
from fs_app.serve.control import ControlServer, ask

SECONDS = 5


def fails(say):
    say({"state": "starting"})
    raise RestartFailed("it was not ready")


@pytest.fixture
def path(tmp_path):
    return tmp_path / ("long" * 30) / "site.sock"  # longer than the 107 bytes of a socket's name


@pytest.fixture
def server(path):
    server = ControlServer(
        path, {"count": lambda say: [say({"number": number}) for number in (1, 2)], "fail": fails}
    )
    server.start()
    yield server
    server.stop()


def test_what_a_command_says_arrives_line_by_line(server, path):
    assert list(ask(path, "count")) == [{"number": 1}, {"number": 2}]


def test_why_it_failed_arrives_after_what_it_said(server, path):
    answers = ask(path, "fail")
    assert next(answers) == {"state": "starting"}
    with pytest.raises(RestartFailed, match="it was not ready"):
        next(answers)


def test_its_owner_alone_may_use_it(server, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_unknown_command_is_not_answered(server, path):
    with pytest.raises(FsAppError, match="ended before"):
        list(ask(path, "dance"))


def test_nobody_answers_where_no_server_runs(tmp_path):
    with pytest.raises(FsAppError, match="no `fs-app serve` answers"):
        list(ask(tmp_path / "site.sock", "count"))


def test_a_second_server_is_refused_and_a_dead_one_is_replaced(server, path):
    with pytest.raises(FileExistsError):
        ControlServer(path, {})
    server._server.stop()  # killed: its name stays
    second = ControlServer(path, {"count": lambda say: say({"number": 3})})
    second.start()
    assert list(ask(path, "count")) == [{"number": 3}]
    second.stop()


def test_what_was_begun_goes_on_when_the_terminal_is_closed(path):
    go_on, done = Event(), Event()

    def slow(say):
        say({"state": "starting"})
        go_on.wait(SECONDS)
        say({"state": "ready"})
        done.set()

    server = ControlServer(path, {"slow": slow})
    server.start()
    answers = ask(path, "slow")
    next(answers)
    answers.close()
    gevent.sleep(0)
    go_on.set()
    assert done.wait(SECONDS)
    server.stop()
