"""What processes tell whoever started them, and that it is theirs."""

import os
import subprocess
import sys

import pytest
from gevent.event import AsyncResult

from fs_app.serve.notices import Notices, tell, tell_problems

SECONDS = 10


@pytest.fixture
def heard(monkeypatch):
    """The next notice: who told it, and its words."""
    result = AsyncResult()
    notices = Notices(lambda pid, words: result.set((pid, words)))
    for name, value in notices.for_child().items():
        monkeypatch.setenv(name, value)
    notices.start()
    yield result
    notices.stop()


def test_words_arrive_with_the_process_that_told_them(heard):
    tell(READY=1, STATUS="two\nlines")
    assert heard.get(timeout=SECONDS) == (os.getpid(), {"READY": "1", "STATUS": "two lines"})


def test_another_process_cannot_speak_for_this_one(heard):
    code = "import fs_app.serve.notices as n; n.tell(READY=1)"
    child = subprocess.Popen([sys.executable, "-c", code])
    assert heard.get(timeout=SECONDS)[0] == child.pid
    child.wait()


def test_many_problems_fit(heard):
    tell_problems(["a problem " + "x" * 400] * 100)
    _, words = heard.get(timeout=SECONDS)
    assert words["STATUS"].startswith("100 problems")
    assert words["X_FS_APP_PROBLEMS"].count("a problem") == 20


def test_nobody_listens(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    tell(READY=1)
    monkeypatch.setenv("NOTIFY_SOCKET", "/nonexistent/notify")
    tell(READY=1)
