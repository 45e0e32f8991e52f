"""``fs-app flow`` as an admin runs it."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from fs_app.cli import main

ROOT = Path(__file__).parents[2]


def run(*words):
    return CliRunner(env={"COLUMNS": "160"}).invoke(main, ["--config", str(ROOT / "conf/fs_app.yaml"), *words])


def test_the_flows_are_listed_with_what_they_are_for():
    done = run("flow", "list")
    assert done.exit_code == 0, done.output
    line = next(line for line in done.output.splitlines() if "pay_balance.yaml" in line)
    assert "A caller pays a bill by card" in line


def test_the_prompts_of_a_flow_are_timed_step_by_step():
    done = run("flow", "time", "pay_balance")
    assert done.exit_code == 0, done.output
    steps = {line.split()[0] for line in done.output.splitlines() if line.strip()}
    assert steps >= {"welcome", "identity", "balance", "amount", "card", "confirm", "charge", "result", "goodbye"}
    assert "within the limit of 90 s" in done.output


def test_the_command_fails_where_a_practised_caller_hears_more_than_the_limit():
    brief = json.loads(run("flow", "time", "pay_balance", "--json").stdout)["brief"]["seconds"]
    assert run("flow", "time", "pay_balance", "--limit", str(brief + 0.1)).exit_code == 0
    too_long = run("flow", "time", "pay_balance", "--limit", str(brief - 0.1))
    assert too_long.exit_code == 1
    assert "above the limit" in too_long.output


def test_a_program_reads_the_times_of_both_callers_in_a_language():
    done = run("flow", "time", "rent", "--language", "es", "--json")
    told = json.loads(done.stdout)
    assert (told["flow"], told["language"], told["within_limit"]) == ("rent", "es", True)
    assert told["plain"]["seconds"] > told["brief"]["seconds"]
    last = told["brief"]["prompts"][-1]
    assert last["step"] == "goodbye"
    assert last["sum"] == told["brief"]["seconds"]


def test_other_answers_lead_another_way():
    done = run("flow", "time", "appointment", "--answer", "ahead=2", "--answer", "sure=1", "--json")
    assert "cancelled:cancelled" in json.loads(done.stdout)["plain"]["path"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("pay_balanse",), "did you mean 'pay_balance'"),
        (("pay_balance", "--language", "xx"), "no prompts in 'xx'"),
        (("pay_balance", "--answer", "amoun=1"), "did you mean 'amount'"),
        (("pay_balance", "--answer", "amount"), "should be STEP=KEYS"),
        (("pay_balance", "--answer", "amount=yes"), "should be STEP=KEYS"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(words, told):
    done = run("flow", "time", *words)
    assert done.exit_code == 1
    assert told in done.output


def test_a_recording_that_is_missing_is_told_and_no_time_is_printed(tmp_path):
    shutil.copytree(ROOT / "sounds", tmp_path / "sounds")
    (tmp_path / "sounds" / "es" / "enter_expiry_short.wav").unlink()
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    config = ("--config", str(tmp_path / "conf/fs_app.yaml"))
    done = CliRunner().invoke(main, [*config, "flow", "time", "pay_balance", "--language", "es"])
    assert done.exit_code == 78
    assert "enter_expiry_short.wav: the recording is missing" in done.output
    assert "practised caller" not in done.output
    assert CliRunner().invoke(main, [*config, "flow", "time", "pay_balance"]).exit_code == 0
