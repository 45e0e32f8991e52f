"""``fs-app flow try``: a flow called in the terminal, by a transcript and by a person."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from gevent.socket import wait_read

from fs_app.cli import main
from fs_app.demo.trial import Trial
from fs_app.testing.transcript import parse_transcript, read_transcript

ROOT = Path(__file__).parents[2]
TRANSCRIPTS = ROOT / "tests" / "transcripts"
COMMAND = [sys.executable, "-m", "fs_app", "--config", str(ROOT / "conf/fs_app.yaml"), "flow", "try"]
SECONDS = 60.0


def play(folder, *words):
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "200"},
    )


def test_a_transcript_is_played_against_the_flow_and_what_it_paid_is_shown(tmp_path):
    done = play(tmp_path, "rent", "--language", "es", "--auto", str(TRANSCRIPTS / "rent_es.txt"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Gracias por llamar. En esta línea puede pagar su alquiler." in done.stdout
    assert "== paid 1250.00 USD visa 1881" in done.stdout
    assert "ledger and gateway agree on 1 attempts" in done.stdout


def test_a_call_that_goes_otherwise_than_its_transcript_fails(tmp_path):
    done = play(tmp_path, "utility", "--auto", str(TRANSCRIPTS / "rent.txt"))
    assert done.returncode == 1
    assert "ledger and gateway agree on 0 attempts" in done.stdout


def test_a_person_hears_the_flow_and_sees_the_accounts(tmp_path):
    master, slave = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, "pay_fine"],
        cwd=tmp_path,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "180", "LINES": "40"},
        start_new_session=True,
    )
    try:
        seen = read_until(master, "You can pay a fine on this line.")
        assert "60.00 USD fine 800101" in seen
        os.write(master, b"h")
        assert "agree on 0 attempts" in read_until(master, "agree on 0 attempts")
        assert process.wait(timeout=SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def read_until(master, text):
    """What the screen shows until it shows a text, without its colours."""
    seen, deadline = "", time.monotonic() + SECONDS
    while text not in seen:
        assert time.monotonic() < deadline, seen[-3000:]
        wait_read(master, timeout=SECONDS)
        seen = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen + os.read(master, 65536).decode(errors="replace"))
    return seen


def test_the_flow_and_what_is_asked_for_go_before_what_the_transcript_says():
    transcript = read_transcript(TRANSCRIPTS / "rent.txt")
    call = Trial("utility", "es", "+14155550101").call(transcript)
    assert call.variables == {"fs_app_flow": "utility", "fs_app_language": "es"}
    assert call.caller == "+14155550101"
    assert Trial("utility").call(transcript).caller == transcript.caller


def test_a_transcript_that_needs_another_world_is_refused(tmp_path):
    wants = tmp_path / "down.txt"
    wants.write_text("gateway: down\n\n<< ...\n== no payment\n== hung up\n")
    done = run("rent", "--auto", str(wants))
    assert done.exit_code == 1
    assert "it wants `gateway: down`" in done.output
    assert parse_transcript(wants.read_text()).world == {"gateway": "down"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("rentt",), "did you mean 'rent'"),
        (("rent", "--language", "xx"), "no prompts in 'xx'"),
        (("rent", "--caller", "Jane"), "'Jane' is no telephone number"),
    ],
)
def test_a_mistake_is_told_before_anything_starts(words, told):
    done = run(*words)
    assert done.exit_code == 1
    assert told in done.output
    assert "starting" not in done.output


def run(*words):
    return CliRunner().invoke(main, ["--config", str(ROOT / "conf/fs_app.yaml"), "flow", "try", *words])
