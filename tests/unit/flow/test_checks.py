"""Every mistake an admin can make in a flow, with the place and the words of its report."""

from pathlib import Path

import pytest

from fs_app.errors import ConfigError
from fs_app.flow.facts import Fact
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flow, load_flows
from fs_app.ports import CHANNEL_PHRASES
from fs_app.steps import STEPS
from fs_app.testing.fakes import TextVoice

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")

GOOD = """\
flow: small
start: welcome
defaults:
  next: {agent: operator, gave_up: operator}
steps:
  welcome:
    do: announce
    say: welcome
    next: {done: number}
  number:
    do: identify
    identify: [caller_id, account_number, pin]
    next: {identified: hello, closed: bye, locked: operator, too_many_mismatches: operator}
  hello: {do: announce, say: welcome, next: {done: balance}}
  # from here on the account is known
  balance:
    do: tell_balance
    next: {due: bye, nothing_due: bye}
  operator:
    do: agent
    next: {talked: bye, not_answered: bye, failed: bye}
  bye:
    do: hang_up
"""


def load(tmp_path: Path, text: str, voice: TextVoice = VOICE) -> Flow:
    path = tmp_path / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return load_flow(path, STEPS, voice)


def problems(tmp_path: Path, text: str, voice: TextVoice = VOICE) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text, voice)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in raised.value.problems]


def test_a_good_flow_is_immutable_and_knows_what_every_path_has_learnt(tmp_path: Path) -> None:
    flow = load(tmp_path, GOOD)
    assert (flow.name, flow.start, flow.operator) == ("small", "welcome", "operator")
    assert flow.nodes["number"].known == frozenset()
    assert flow.nodes["hello"].known == flow.nodes["balance"].known == {Fact.ACCOUNT}
    assert flow.nodes["operator"].known == flow.nodes["bye"].known == frozenset()
    assert flow.nodes["balance"].next == {"due": "bye", "nothing_due": "bye"}
    assert flow.nodes["number"].next["gave_up"] == "operator"
    with pytest.raises(TypeError):
        flow.nodes["x"] = flow.nodes["bye"]  # type: ignore[index]
    with pytest.raises(TypeError):
        flow.nodes["hello"].next["x"] = "bye"  # type: ignore[index]


MISTAKES = [
    pytest.param(
        ("do: tell_balance", "do: tell_ballance"),
        ["small.yaml:17:9: no step does 'tell_ballance'; did you mean 'tell_balance'?"],
        id="unknown step kind",
    ),
    pytest.param(
        ("identified: hello", "identified: helo"),
        ["small.yaml:13:24: no step is called 'helo'; did you mean 'hello'?"],
        id="unknown target",
    ),
    pytest.param(
        ("start: welcome", "start: welcom"),
        ["small.yaml:2:8: no step is called 'welcom'; did you mean 'welcome'?"],
        id="unknown start",
    ),
    pytest.param(
        ("    say: welcome", "    sya: welcome"),
        [
            "small.yaml:7:5: 'say' is missing here",
            "small.yaml:8:5: unknown key 'sya'; did you mean 'say'?",
        ],
        id="unknown key",
    ),
    pytest.param(
        ("{done: number}", "{don: number, done: number}"),
        ["small.yaml:9:12: announce has no outcome 'don'; did you mean 'done'?"],
        id="unknown outcome",
    ),
    pytest.param(
        ("do: hang_up", "do: hang_up\n    next: {done: bye}"),
        ["small.yaml:24:12: hang_up has no outcome 'done'; known: none, the call ends here"],
        id="an outcome of the end",
    ),
    pytest.param(
        ("due: bye, ", ""),
        ["small.yaml:16:3: nothing follows 'balance' on 'due'; add it to next"],
        id="unmapped outcome",
    ),
    pytest.param(
        ("    next: {done: number}\n", ""),
        ["small.yaml:6:3: dead end: nothing follows 'welcome'; add next: {done: ...}"],
        id="dead end",
    ),
    pytest.param(
        ("  bye:\n", "  lost:\n    do: announce\n    say: goodbye\n    next: {done: bye}\n  bye:\n"),
        ["small.yaml:22:3: no path leads to 'lost'; lead an outcome here or remove the step"],
        id="unreachable",
    ),
    pytest.param(
        ("{done: number}", "{done: hello}"),
        [
            "small.yaml:10:3: no path leads to 'number'; lead an outcome here or remove the step",
            "small.yaml:16:3: tell_balance needs the account, which is not known on the path"
            " welcome > hello > balance; taught by identify",
        ],
        id="a fact that is not learnt",
    ),
    pytest.param(
        ("locked: operator", "locked: balance"),
        [
            "small.yaml:16:3: tell_balance needs the account, which is not known on the path"
            " welcome > number > balance; taught by identify"
        ],
        id="a fact that is forgotten on one path",
    ),
    pytest.param(
        ("not_answered: bye, failed: bye}", "not_answered: balance, failed: bye}"),
        [
            "small.yaml:16:3: tell_balance needs the account, which is not known on the path"
            " operator > balance; taught by identify"
        ],
        id="a person can be reached knowing nothing",
    ),
    pytest.param(
        (
            "{due: bye, nothing_due: bye}",
            "{due: round, nothing_due: bye}\n  round: {do: announce, say: welcome, "
            "next: {done: again}}\n  again: {do: announce, say: welcome, next: {done: round}}",
        ),
        [
            "small.yaml:19:3: a call that comes here can never end: round, again;"
            " lead an outcome to a step that does hang_up"
        ],
        id="a loop without an end",
    ),
    pytest.param(
        ("    say: welcome", "    say: [welcome, no_such_phrase]"),
        ["small.yaml:8:10: no phrase 'no_such_phrase' in 'en'"],
        id="missing phrase",
    ),
    pytest.param(
        ("    say: welcome", "    say: balance_is"),
        [
            "small.yaml:8:10: announce does not fill these gaps of 'balance_is' in 'en': {amount}, {date};"
            " filled here: none"
        ],
        id="gaps nobody fills",
    ),
    pytest.param(
        ("do: identify", "do: identify\n    tries: many"),
        ["small.yaml:12:12: tries: this should be a whole number ('many')"],
        id="bad type",
    ),
    pytest.param(
        ("account_number, pin]", "account_number, face]"),
        [
            "small.yaml:12:43: 2: this should be 'caller_id', 'last_account', 'account_number', 'bill_number',"
            " 'customer_number', 'pin', 'postal_code' or 'birth_date' ('face')"
        ],
        id="bad choice",
    ),
    *[
        pytest.param(
            ("identify: [caller_id, account_number, pin]", f"identify: {chain}"),
            [f"small.yaml:12:15: {message}"],
            id=chain,
        )
        for chain, message in [
            (
                "[caller_id, account_number]",
                "identify: this proves nothing: a caller ID can be forged and numbers can be guessed; end with pin,"
                " postal_code or birth_date",
            ),
            (
                "[pin, postal_code]",
                "identify: pin of which account? begin with caller_id, last_account, account_number, bill_number or"
                " customer_number",
            ),
            (
                "[caller_id, pin, account_number]",
                "identify: what claims comes before what proves: put account_number before pin",
            ),
            ("[account_number, pin, pin]", "identify: pin stands here twice"),
        ]
    ],
    pytest.param(
        ("  bye:\n", "  balance:\n    do: hang_up\n  bye:\n"),
        [
            "small.yaml:22:3: 'balance' stands here twice",
        ],
        id="duplicate name",
    ),
    pytest.param(
        ("agent: operator, gave_up: operator", "agent: bye, gave_up: operator"),
        ["small.yaml:4:17: 'bye' does not lead to a person; its do should be agent"],
        id="no person",
    ),
    pytest.param(
        ("agent: operator, gave_up: operator", "gave_up: operator"),
        [
            "small.yaml:4:9: defaults.next has no agent; add the step that leads to a person",
            "small.yaml:10:3: nothing follows 'number' on 'agent'; add it to next",
        ],
        id="no agent by default",
    ),
    pytest.param(
        ("agent: operator, gave_up: operator", "agent: operator, gave_up: operator, gaveup: bye"),
        ["small.yaml:4:46: no step has an outcome 'gaveup'; did you mean 'gave_up'?"],
        id="unknown default outcome",
    ),
    pytest.param(
        ("do: hang_up", "say: goodbye"),
        ["small.yaml:23:5: step 'bye' does not say what it does; add do: ..."],
        id="no do",
    ),
    pytest.param(
        ("next: {done: balance}", "next: balance"),
        [
            "small.yaml:14:3: dead end: nothing follows 'hello'; add next: {done: ...}",
            "small.yaml:14:45: next should be outcome: step, e.g. {done: goodbye}",
        ],
        id="next is no mapping",
    ),
    pytest.param(
        ("  bye:\n", "  Good Bye:\n    do: hang_up\n  bye:\n"),
        [
            "small.yaml:22:3: 'Good Bye' is no name for a step;"
            " small letters, digits and underscores, a letter first",
            "small.yaml:22:3: no path leads to 'Good Bye'; lead an outcome here or remove the step",
        ],
        id="bad name",
    ),
    pytest.param(
        ("flow: small", "flow: small\nbegin: welcome"),
        ["small.yaml:2:1: unknown key 'begin'; known here: defaults, flow, parts, start, steps"],
        id="unknown key at the top",
    ),
]


@pytest.mark.parametrize(("change", "expected"), MISTAKES)
def test_a_mistake_is_reported_with_its_place(tmp_path: Path, change: tuple[str, str], expected: list[str]) -> None:
    old, new = change
    assert old in GOOD
    assert problems(tmp_path, GOOD.replace(old, new, 1)) == expected


def test_all_mistakes_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    text = GOOD
    for old, new in [
        ("do: tell_balance", "do: tell_ballance"),
        ("identified: hello", "identified: helo"),
        ("    say: welcome", "    say: nothing_like_it"),
        ("account_number, pin]", "account_number, pin]\n    tries: 0"),
        ("  bye:\n", "  bye:\n    do: hang_up\n  bye:\n"),
    ]:
        text = text.replace(old, new, 1)
    places = [problem.split(": ")[0] for problem in problems(tmp_path, text)]
    assert places == [
        "small.yaml:8:10",
        "small.yaml:13:12",
        "small.yaml:14:24",
        "small.yaml:18:9",
        "small.yaml:25:3",
    ]


def test_a_menu_has_the_outcomes_its_choices_name(tmp_path: Path) -> None:
    menu = GOOD.replace("do: hang_up", "do: menu\n    say: offer_other_card\n    choices: {1: again, 2: stop}\n"
                        "    next: {again: number, gave_up: end}\n  end: {do: hang_up}")  # fmt: skip
    assert problems(tmp_path, menu) == ["small.yaml:22:3: nothing follows 'bye' on 'stop'; add it to next"]
    flow = load(tmp_path, menu.replace("{again: number", "{again: number, stop: end"))
    assert flow.nodes["bye"].next["again"] == "number"


@pytest.mark.parametrize(
    ("choices", "complaint"),
    [("{0: a}", "this is not written as it should be; allowed is"), ("{1: back}", "meaning of its own")],
)
def test_a_menu_leaves_the_universal_keys_alone(tmp_path: Path, choices: str, complaint: str) -> None:
    menu = GOOD.replace("do: hang_up", f"do: menu\n    say: offer_other_card\n    choices: {choices}")
    assert any(complaint in problem for problem in problems(tmp_path, menu))


def test_phrases_are_needed_in_every_language(tmp_path: Path) -> None:
    english = {
        name: "x"
        for step in load(tmp_path, GOOD).nodes.values()
        for name in [s.phrase for s in step.step.phrases()]
    }
    english |= {"technical_problem": "x"} | dict.fromkeys(CHANNEL_PHRASES, "x")
    voice = TextVoice({"en": english, "es": {**english}})
    assert load(tmp_path, GOOD, voice).name == "small"
    spanish = {
        name: text for name, text in english.items() if name not in ("enter_pin", "help", "technical_problem")
    }
    voice = TextVoice({"en": english, "es": {**spanish, "goodbye": "{name}"}})
    assert problems(tmp_path, GOOD, voice) == [
        "small.yaml:1:1: no phrase 'help' in 'es'; every flow needs it",
        "small.yaml:1:1: no phrase 'technical_problem' in 'es'; every flow needs it",
        "small.yaml:11:5: no phrase 'enter_pin' in 'es'",
        "small.yaml:23:5: hang_up does not fill these gaps of 'goodbye' in 'es': {name}; filled here: none",
    ]


def test_a_language_without_prompts_cannot_be_chosen(tmp_path: Path) -> None:
    text = GOOD.replace(
        "do: announce\n    say: welcome", "do: choose_language\n    choices: {1: en, 2: fr}"
    ).replace("{done: number}", "{chosen: number}")
    assert problems(tmp_path, text) == ["small.yaml:7:5: no prompts in 'fr'; there are prompts in en"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "small.yaml: this should be lines of `key: value`"),
        ("- a", "small.yaml:1:1: this should be lines of `key: value`"),
        ("flow: [", "not YAML"),
        ("flow: small\nstart: a\nsteps: {}", "small.yaml:3:8"),
        ("flow: small\nstart: a\nsteps: none", "small.yaml:3:8"),
        ("flow: small\nstart: a\nsteps: {a: b}", "small.yaml:3:12"),
        ("steps: &a {a: *a}", "an alias that contains itself"),
    ],
)
def test_what_is_no_flow_at_all_is_reported_too(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(tmp_path, text)), problems(tmp_path, text)


def test_the_mistakes_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("identified: hello", "identified: helo"))
    (tmp_path / "b.yaml").write_text(GOOD.replace("do: hang_up", "do: hangup"))
    (tmp_path / "c.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigError) as raised:
        load_flows(tmp_path, STEPS, VOICE)
    assert [Path(problem.file).name for problem in raised.value.problems] == ["a.yaml", "b.yaml", "c.yaml"]


def test_flows_are_loaded_by_name_and_no_name_stands_for_two(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no flow here"):
        load_flows(tmp_path, STEPS, VOICE)
    (tmp_path / "a.yaml").write_text(GOOD)
    assert list(load_flows(tmp_path, STEPS, VOICE)) == ["small"]
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(ConfigError, match=r"b\.yaml:1:1: .*a\.yaml is also called 'small'"):
        load_flows(tmp_path, STEPS, VOICE)


def test_the_shipped_flows_are_good() -> None:
    shipped = ROOT / "conf" / "flows"
    assert list(load_flows(shipped, STEPS, VOICE)) == sorted(path.stem for path in shipped.glob("*.yaml"))
