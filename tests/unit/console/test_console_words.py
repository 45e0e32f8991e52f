"""Every word of the console is in its catalogs, and nowhere else."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fs_app import yamlfile
from fs_app.console import words as catalogs_module
from fs_app.console.access import ROUTES
from fs_app.console.pages import BLUEPRINTS
from fs_app.console.words import LANGUAGES, Words, catalogs, words_in
from fs_app.domain.assist import OVER, AssistState, FieldState
from fs_app.domain.decline import ALL_ADVICE
from fs_app.domain.handover import HandoverEnd, HandoverState, Identified, Reason
from fs_app.domain.money import Money
from fs_app.domain.payment import Ending, PaymentState
from fs_app.domain.people import Role
from fs_app.domain.refund import RefundState
from fs_app.errors import ConfigError
from fs_app.payments.dossier import Case
from fs_app.payments.refunds import DeedEnd
from fs_app.ports import OrderKind, ReceiptState
from fs_app.ports.switchboard import AgentStatus, SwitchAnswer

CONSOLE = Path(catalogs_module.__file__).parent
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
SCRIPTS = sorted((CONSOLE / "static").glob("*.js"))
UTC_ZONE = ZoneInfo("UTC")
SETS: dict[str, list[str]] = {
    "reason": list(Reason),
    "identified": list(Identified),
    "handover_state": list(HandoverState),
    "handover_end": [each for each in HandoverEnd if each],
    "assist_state": list(AssistState),
    "assist_result": list(OVER),
    "field_state": list(FieldState),
    "field": ["number", "expiry", "security_code", "postal_code"],
    "phrase": [
        *("card_number_wrong", "card_brand_refused", "card_credit_refused", "card_blocked"),
        *("expiry_wrong", "expiry_passed"),
        *(each.phrase for each in ALL_ADVICE),
    ],
    "order": list(OrderKind),
    "me": list(SwitchAnswer),
    "agent_status": list(AgentStatus),
    "payment_state": list(PaymentState),
    "refund_state": list(RefundState),
    "link_state": list(ReceiptState),
    "ending": list(Ending),
    "case": list(Case),
    "deed": [each for each in DeedEnd if each is not DeedEnd.REFUSED],
    "role": list(Role),
}


@pytest.mark.parametrize("group", SETS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_of_a_closed_set_has_a_word(language: str, group: str) -> None:
    known = catalogs()[language]
    assert [name for name in SETS[group] if f"{group}.{name}" not in known] == []


def test_every_reason_for_a_refund_that_is_refused_has_a_word() -> None:
    source = ast.parse((CONSOLE.parent / "payments/refunds.py").read_text(encoding="utf-8"))
    whys = {
        node.args[0].value
        for node in ast.walk(source)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_refused"
        if isinstance(node.args[0], ast.Constant)
    }
    assert len(whys) > 4
    assert [why for why in whys if f"deed.why_{why}" not in catalogs()["en"]] == []


def test_every_action_of_the_audit_has_a_word() -> None:
    assert BLUEPRINTS, "its routes are declared where it is imported"
    actions = {route.action for route in ROUTES.values() if route.action}
    assert [each for each in actions if f"action.{each}" not in catalogs()["en"]] == []


# --- the catalogs ------------------------------------------------------------------------------------------------


def test_the_catalogs_have_the_same_keys_and_gaps() -> None:
    found = catalogs()
    assert set(found) == set(LANGUAGES)
    assert len({frozenset(texts) for texts in found.values()}) == 1
    assert all(text.strip() == text and text for texts in found.values() for text in texts.values())


def test_a_catalog_that_lacks_a_word_or_fills_it_otherwise_is_told_of_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for language in LANGUAGES:
        (tmp_path / f"{language}.yaml").write_text("a:\n  b: 'So {much}'\n  c: x\n", encoding="utf-8")
    (tmp_path / "tr.yaml").write_text("a:\n  b: 'O kadar'\n  d: y\n", encoding="utf-8")
    monkeypatch.setattr(catalogs_module, "FOLDER", tmp_path)
    with pytest.raises(ConfigError) as caught:
        catalogs.__wrapped__()
    told = [str(each).removeprefix(f"{tmp_path}/") for each in caught.value.problems]
    assert told == [
        "tr.yaml:2:3: 'a.c' is missing here",
        "tr.yaml:2:6: 'a.b' should have these gaps: much",
        "tr.yaml:3:3: 'a.d' is in no other catalog",
    ]


def test_a_catalog_is_groups_of_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for language in LANGUAGES:
        (tmp_path / f"{language}.yaml").write_text("a: [x]\n", encoding="utf-8")
    monkeypatch.setattr(catalogs_module, "FOLDER", tmp_path)
    with pytest.raises(ConfigError, match="this should be text, or groups of texts"):
        catalogs.__wrapped__()


# --- no words elsewhere ------------------------------------------------------------------------------------------

_TOLD = ("aria-label", "title", "alt", "placeholder", "data-shortcut-name", "data-unsent")


class Texts(HTMLParser):
    """The letters of a template that are not out of a catalog."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag == "code"
        self.found += [value for name, value in attrs if name in _TOLD and value and re.search(r"[^\W\d_]", value)]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        data = re.sub(r' (?:hidden|[a-z-]+="")', "", data)  # what a macro or a block puts into a tag
        if not self._code and re.search(r"[^\W\d_]", data):
            self.found.append(data.strip())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_shows_a_word_of_its_own(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    shown = Texts()
    shown.feed(re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL))
    assert shown.found == []
    assert "|safe" not in source.replace(" ", "")
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son[a-z]+=|\sstyle=|javascript:", source), (
        "the policy forbids it"
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_word_that_a_template_asks_for_is_there(template: Path) -> None:
    known = catalogs()["en"]
    asked = re.findall(r"""\bt\(["']([a-z0-9_.]+)["'][,)]""", template.read_text(encoding="utf-8"))
    assert [key for key in asked if key not in known] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_shows_a_word_or_makes_markup(script: Path) -> None:
    source = re.sub(r"//.*", "", script.read_text(encoding="utf-8"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", source)
    assert not re.search(r"\b(alert|confirm|prompt)\(", source)
    written = re.findall(r"\.(?:textContent|title|ariaLabel|placeholder)\s*=(?!=)\s*([^;]+);", source)
    literals = [text for each in written for text in re.findall(r'"([^"]*)"', re.sub(r'\("[^"]*"\)', "", each))]
    assert [text for text in literals if re.search(r"[^\W\d_]", text)] == []


@pytest.mark.parametrize("module", sorted(CONSOLE.glob("*.py")), ids=lambda path: path.name)
def test_every_word_that_a_module_asks_for_is_there(module: Path) -> None:
    """Whatever looks like a key of a group that there is must be one."""
    known = catalogs()["en"]
    groups = {key.partition(".")[0] for key in known}
    source = ast.parse(module.read_text(encoding="utf-8"))
    texts = {
        each.value for each in ast.walk(source) if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }
    keys = {text for text in texts if re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", text)}
    endpoint = {"door.sign_in", "door.code", "door.link", "door.py"}  # the blueprint has the name of the group
    blueprints = {"agent", "floor", "account"}
    keys = {key for key in keys if not key.endswith(("_", ".html"))}  # the beginning of several, a template
    wanted = {key for key in keys if key.partition(".")[0] in groups - blueprints} - endpoint
    assert wanted - set(known) == set()


# --- what is written in a language -------------------------------------------------------------------------------


def words(language: str) -> Words:
    return words_in(language, ZoneInfo("America/New_York"))


def test_numbers_money_and_times_are_written_as_people_of_the_language_do() -> None:
    moment = datetime(2026, 3, 14, 16, 9, tzinfo=UTC)
    english, spanish, turkish = words("en"), words("es"), words("tr")
    assert english.money(Money(123450, "USD")) == "$1,234.50"
    assert spanish.money(Money(123450, "USD")).replace("\xa0", " ") == "1.234,50 US$"
    assert turkish.number(1234567) == "1.234.567"
    assert turkish.moment(moment) == "14.03.2026 12:09", "where the operator is"
    assert english.day(date(2026, 3, 14)) == "Mar 14, 2026"
    assert [english.duration(each) for each in (1, 59, 240, 7200)] == [
        "1 second",
        "59 seconds",
        "4 minutes",
        "2 hours",
    ]
    assert spanish.list_of(["a", "b", "c"]) == "a, b y c"
    assert english.list_of([]) == ""
    assert english.language_name("es_MX") == "Spanish (Mexico)"
    assert [english.language_name(each) for each in ("xx_!", "", "zzz")] == ["xx_!", "", "zzz"]


def test_within_arabic_what_runs_the_other_way_is_laid_out_by_itself() -> None:
    arabic = words("ar")
    assert arabic.direction == "rtl"
    assert arabic("call.account", number="11001") == "الحساب \u206811001\u2069"
    assert arabic.money(Money(4250, "USD")).replace("\xa0", " ") == "\u206642.50 US$\u2069"
    assert words("en")("call.account", number="11001") == "Account 11001"


def test_a_page_says_where_its_times_of_day_are() -> None:
    names = [words_in(language, ZoneInfo("America/New_York")).zone_name for language in ("en", "tr")]
    assert names == ["Eastern Time", "Kuzey Amerika Doğu Saati"]
    assert {words_in("es", zone).zone_name for zone in (UTC, ZoneInfo("UTC"), ZoneInfo("Etc/UTC"))} == {"UTC"}


def test_a_language_without_a_catalog_reads_english() -> None:
    assert words("nl").language == "en"


def test_a_name_of_the_operators_own_is_shown_as_it_is() -> None:
    assert words("en").of("reason", "asked") == "Wants a person"
    assert words("en").of("reason", "left_the_menu") == "left the menu"
    assert words("en").of("reason", "") == ""


def test_what_a_value_holds_is_no_gap() -> None:
    assert words("en")("message.by", name="{number}") == "From {number}"
    with pytest.raises(KeyError):
        words("en")("message.by")


def test_every_catalog_is_plain_yaml_with_its_places() -> None:
    document = yamlfile.read(catalogs_module.FOLDER / "en.yaml")
    assert document.data["keys"]["off"] == "Switch single keys off", "off is no truth value here"
