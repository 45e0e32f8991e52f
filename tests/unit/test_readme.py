"""README's tables say what the demo data and the command line really are."""

import re
from pathlib import Path

from click.testing import CliRunner

from fs_app.cli import main
from fs_app.store.demo_data import DEMO_ACCOUNTS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_demo_account_is_in_the_table():
    rows = dict(re.findall(r"^\| (1\d{4}) \| ([^|]*) \|", README, re.MULTILINE))
    assert rows.keys() == {account.number for account in DEMO_ACCOUNTS}
    for account in DEMO_ACCOUNTS:
        assert ("PIN 1234" in rows[account.number]) == account.has_pin
        assert account.postal_code is None or account.postal_code in rows[account.number]
        assert account.birth_date is None or f"{account.birth_date:%B %-d, %Y}" in rows[account.number]


def test_every_flow_is_in_the_table():
    rows = set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))
    assert {path.stem for path in (ROOT / "conf" / "flows").glob("*.yaml")} <= rows


def test_every_command_it_names_exists_and_every_command_is_named():
    named = set(re.findall(r"`fs-app ((?:db |prompts |payments |agreements |flow |user )?[a-z-]+)", README))
    exists = set()
    for name in main.list_commands(None):
        command = main.get_command(None, name)
        children = getattr(command, "commands", None)
        exists |= {f"{name} {child}" for child in children} if children else {name}
    assert named == exists


def test_help_works_everywhere():
    for words in ([], ["db"], ["prompts"], ["payments"], ["agreements"], ["flow"], ["user"], ["serve"], ["graph"]):
        assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
