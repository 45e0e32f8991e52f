"""The server does not start on anything broken, and says everything that is wrong, with its place."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import wave
from collections import Counter
from pathlib import Path

import pytest
import yaml
from gevent.socket import create_server

from fs_app.app.calls import Calls
from fs_app.app.checks import checked_parts
from fs_app.gateways.sandbox.server import SandboxServer
from fs_app.settings import load_settings
from fs_app.store.engine import Database
from fs_app.store.schema import migrate

ROOT = Path(__file__).parents[2]


@pytest.fixture
def site(tmp_path):
    """Settings that would start, on ports of their own; change them and `fs_app` runs a command with them."""

    class Site:
        def __init__(self):
            self.path = tmp_path / "site.yaml"
            self.settings = {
                "calls": {"listen": "127.0.0.1:0"},
                "metrics": "127.0.0.1:0",
                "gateway": {"kind": "local", "listen": "127.0.0.1:1"},
                "database": {"url": f"sqlite:///{tmp_path}/x.sqlite"},
                "messages": {"templates": str(ROOT / "conf/messages.yaml")},
                "flows": str(ROOT / "conf/flows"),
                "sounds": str(ROOT / "sounds"),
            }

        def command(self, *words, options=()):
            self.path.write_text(yaml.safe_dump(self.settings))
            return [sys.executable, *options, "-m", "fs_app", "--config", str(self.path), *words]

        def fs_app(self, *words, options=()):
            done = subprocess.run(
                self.command(*words, options=options),
                capture_output=True,
                text=True,
                timeout=60,
                env={**os.environ, "COLUMNS": "200"},
            )
            return done.returncode, done.stdout + done.stderr

    site = Site()
    migrate(Database(site.settings["database"]["url"]))
    return site


def test_a_good_site_is_in_order(site):
    assert site.fs_app("check") == (0, "everything is in order\n")


def test_an_announcement_that_is_over_is_a_warning(site, tmp_path):
    lines = tmp_path / "lines.yaml"
    lines.write_text("lines:\n  main: {announcements: [{say: welcome, until: 2020-01-01}]}\n")
    site.settings["lines"] = str(lines)
    code, text = site.fs_app("check")
    assert code == 0
    assert f"warning: {lines}:2:26: the announcement welcome ended at 2020-01-01 00:00" in text


def test_broken_settings(site):
    site.settings["calls"]["limit"] = "many"
    site.settings["colour"] = "blue"
    code, text = site.fs_app("calls")
    assert code == 78
    assert "site.yaml:2:10: limit: this should be a whole number" in text
    assert "unknown key 'colour'" in text
    assert "2 problems; nothing was started" in text


def test_a_broken_flow_and_a_missing_prompt_and_an_old_schema_together(site, tmp_path):
    flows, sounds = tmp_path / "flows", tmp_path / "sounds"
    flows.mkdir()
    shipped = (ROOT / "conf/flows/pay_balance.yaml").read_text()
    (flows / "pay_balance.yaml").write_text(shipped.replace("do: tell_balance", "do: tell_balence"))
    sounds.mkdir()
    (sounds / "phrases.yaml").symlink_to(ROOT / "sounds/phrases.yaml")
    (sounds / "en").mkdir()
    for path in (ROOT / "sounds/en").iterdir():
        if path.name != "paid.1.wav":
            (sounds / "en" / path.name).symlink_to(path)
    site.settings |= {"flows": str(flows), "sounds": str(sounds)}
    site.settings["database"]["url"] = f"sqlite:///{tmp_path}/never-made.sqlite"
    code, text = site.fs_app("calls")
    assert code == 78
    assert "paid.1.wav: the recording is missing" in text
    assert "does not exist yet: run `fs-app db upgrade`" in text
    assert "no step does 'tell_balence'; did you mean 'tell_balance'?" in text
    assert "pay_balance.yaml:" in text


def test_pauses_that_would_judge_an_attempt_while_its_charge_is_at_work(site):
    site.settings["jobs"] = {"proof_seconds": 30, "charging_seconds": 70}
    code, text = site.fs_app("check")
    assert code == 78
    assert (
        "proof_seconds" in site.path.read_text() and "should be at least 70, the longest a charge can take" in text
    )
    assert text.count("while its charge is still at work") == 1


def test_a_folder_of_recordings_that_is_open_to_everybody(site, tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    folder.chmod(0o755)
    site.settings["recordings"] = str(folder)
    code, text = site.fs_app("check")
    assert code == 78
    assert f"{folder} is open to everybody on this machine" in text
    folder.chmod(0o2770)
    assert site.fs_app("check")[0] == 0


def test_wrong_gateway_keys(site):
    with SandboxServer() as gateway:
        site.settings["gateway"] |= {"listen": f"127.0.0.1:{gateway.port}", "private_key": "very-private"}
        code, text = site.fs_app("calls")
    assert code == 78
    assert "site.yaml:" in text and "the gateway refuses our keys (401)" in text
    assert "very-private" not in text


def test_a_port_that_is_taken(site):
    with create_server(("127.0.0.1", 0)) as taken, SandboxServer() as gateway:
        site.settings["gateway"]["listen"] = f"127.0.0.1:{gateway.port}"
        site.settings["calls"]["listen"] = f"127.0.0.1:{taken.getsockname()[1]}"
        code, text = site.fs_app("calls")
    assert code == 78
    assert "cannot listen there: Address already in use; is another one running?" in text


def test_a_default_flow_that_does_not_exist(site):
    site.settings["line"] = {"flow": "pay_balanse"}
    code, text = site.fs_app("check")
    assert code == 78
    assert "no flow is called 'pay_balanse'; did you mean 'pay_balance'?" in text


# What a start would wait for and a first call does not need.
HEAVY = {
    "alembic": "migrations are the admin's command",
    "authlib": "sign-in by a provider is the console's",
    "cryptography": "secrets of second steps are the console's",
    "flask": "pages are another role",
    "flask_wtf": "forms are the console's",
    "graphql": "only the local gateway answers such queries",
    "lxml": "the first look at the switch loads it, beside calls",
    "pycountry": "addresses are checked by the local gateway",
    "pyotp": "codes are the console's",
    "pygments": "colours for tracebacks, which we do not print",
    "rich.console": "tables are for people at a terminal",
    "segno": "pictures of codes are the console's",
    "werkzeug": "pages are another role",
    "zxcvbn": "passwords are the console's",
    "fs_app.console": "another role",
    "fs_app.gateways.sandbox": "the local gateway is another role",
    "fs_app.jobs": "another role",
    "fs_app.testing": "fakes",
    "fs_app.web": "another role",
}
# The supervisor only starts the others: what they do, they load.
HEAVY_FOR_THE_SUPERVISOR = {
    **HEAVY,
    "babel": "says prompts and writes receipts",
    "braintree": "charges",
    "fs_app.app": "the parts of the roles",
    "greenswitch": "speaks with the switch",
    "num2words": "says prompts",
    "prometheus_client": "workers have metrics",
    "requests": "charges and receipts",
    "sqlalchemy": "the database is the roles' own",
}


def imported(text):
    """The modules that ``-X importtime`` has told of, each with the packages around it."""
    names = re.findall(r"^import time: .*\| +([\w.]+)$", text, re.MULTILINE)
    return {".".join(name.split(".")[: depth + 1]) for name in names for depth in range(name.count(".") + 1)}


def test_the_supervisor_loads_little_before_it_starts_its_workers(site):
    with create_server(("127.0.0.1", 0)) as taken:  # it ends where it would start them
        site.settings["web"] = {"listen": f"127.0.0.1:{taken.getsockname()[1]}"}
        code, text = site.fs_app("serve", options=("-X", "importtime"))
    assert (code, "cannot listen there" in text) == (78, True)
    assert "fs_app.serve.supervisor" in imported(text)
    assert imported(text) & HEAVY_FOR_THE_SUPERVISOR.keys() == set()


def test_a_worker_loads_nothing_that_its_first_call_does_not_need(site):
    told = []
    command = site.command("calls", options=("-X", "importtime"))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as worker:
        for line in worker.stderr:
            told.append(line)
            if "ready for calls" in line:
                worker.terminate()
                break
        worker.stderr.read()
    before = imported("".join(told))
    assert {"fs_app.telephony.session", "fs_app.steps", "sqlalchemy", "braintree"} <= before
    assert before & HEAVY.keys() == set()


def test_what_was_checked_at_the_start_is_not_read_again(site, monkeypatch):
    read = Counter()

    def counted(module, name, function):
        def reads(path, *arguments, **options):
            read[str(path)] += 1
            return function(path, *arguments, **options)

        monkeypatch.setattr(module, name, reads)

    counted(wave, "open", wave.open)
    counted(Path, "read_text", Path.read_text)
    site.command()
    settings, document = load_settings(site.path)
    read.clear()
    calls = Calls(settings, checked_parts(settings, document))
    calls.parts.close()
    recordings = [path for path in read if path.endswith(".wav")]
    assert len(recordings) == len(list((ROOT / "sounds").rglob("*.wav")))
    assert str(ROOT / "conf/flows/pay_balance.yaml") in read
    assert {path for path, times in read.items() if times > 1} == set()


def test_a_line_whose_flow_sends_a_link_needs_a_page_to_send(site, tmp_path):
    (tmp_path / "lines.yaml").write_text("lines: {rents: {flow: rent}}")
    site.settings["lines"] = str(tmp_path / "lines.yaml")
    site.settings["messages"]["pay_link"] = "https://pay.example.org/{account}"
    assert site.fs_app("check")[0] == 0
    del site.settings["messages"]["pay_link"]
    code, said = site.fs_app("check")
    assert code == 78
    assert "the flow 'rent' sends a link at its step 'link', and pay_link is missing here" in " ".join(said.split())


def test_a_flow_that_asks_for_a_number_nobody_looks_up(site, tmp_path):
    shutil.copytree(ROOT / "conf/flows", tmp_path / "flows")
    flow = tmp_path / "flows" / "pay_balance.yaml"
    flow.write_text(flow.read_text().replace("[caller_id, account_number,", "[caller_id, customer_number,"))
    theirs = tmp_path / "theirs.sqlite"
    with sqlite3.connect(theirs) as connection:
        connection.execute("CREATE TABLE c (id, number)")
    statements = {
        "account_by_number": "SELECT id, number FROM c WHERE number = :number",
        "open_bills": "SELECT id, 1 AS due, 'USD' AS currency FROM c WHERE id = :account_id",
    }
    site.settings |= {
        "flows": str(tmp_path / "flows"),
        "directory": {"kind": "sql", "url": f"sqlite:///{theirs}", "statements": statements},
    }
    code, said = site.fs_app("check")
    assert code == 78
    found = "the flow 'pay_balance' needs the statement account_by_customer_number at its step 'identity'"
    assert found in " ".join(said.split())
    assert "account_by_caller_id" not in said
    assert "1 problem" in said and "a flow lacks SQL statements" in said  # nobody is led to the other flows
    (tmp_path / "lines.yaml").write_text("lines: {fines: {flow: pay_fine}}")
    site.settings["lines"] = str(tmp_path / "lines.yaml")
    code, said = site.fs_app("check")
    assert "the flow 'pay_fine' needs the statement bill_by_number at its step 'fine'" in " ".join(said.split())
