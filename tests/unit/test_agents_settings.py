"""Settings for callers who want a person: destinations, feature codes, and the rules that calls know them as."""

from __future__ import annotations

import pytest

from fs_app.domain.destination import Destination, FeatureCode, HelpRules, Way, callcenter
from fs_app.errors import ConfigError
from fs_app.settings import Settings, load_settings


def rules(**agents: object) -> HelpRules:
    return Settings.model_validate({"agents": agents}).agents.rules()


def problems(tmp_path, text):
    path = tmp_path / "site.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    return [str(problem).removeprefix(str(tmp_path) + "/") for problem in caught.value.problems]


def test_a_queue_is_one_of_mod_callcenter_unless_the_settings_say_otherwise():
    told = rules(destinations={"office": {"way": "trunk", "target": "carrier/+15550100"}})
    assert told.destination("office") == Destination("office", Way.TRUNK, "carrier/+15550100")
    assert told.destination("payments") == callcenter("payments") == rules().destination("payments")


def test_a_queue_may_be_another_one_of_mod_callcenter():
    told = rules(destinations={"support": {"target": "second_line"}, "night": {"target": "night@pbx"}})
    assert told.destination("support") == Destination("support", Way.CALLCENTER, "second_line@default")
    assert told.destination("night").target == "night@pbx"


@pytest.mark.parametrize(
    ("way", "target", "meaning"),
    [
        ("callcenter", "pay ments", "the name of a queue of mod_callcenter"),
        ("callcenter", "${system(x)}", "the name of a queue of mod_callcenter"),
        ("fifo", "payments@default", "the name of a fifo"),
        ("fifo", "", "the name of a fifo"),
        ("extension", "201", "user@domain of a telephone that is registered"),
        ("extension", "201@pbx,202@pbx", "user@domain of a telephone that is registered"),
        ("trunk", "carrier", "gateway/number of a SIP gateway"),
        ("trunk", "carrier/+15550100@elsewhere", "gateway/number of a SIP gateway"),
        ("trunk", "carrier/1", "gateway/number of a SIP gateway"),
    ],
)
def test_a_target_fits_its_way(tmp_path, way, target, meaning):
    text = f"agents: {{destinations: {{office: {{way: {way}, target: '{target}'}}}}}}\n"
    assert problems(tmp_path, text) == [f"site.yaml:1:33: office: target: should be {meaning}"]


def test_agents_have_three_feature_codes_and_may_have_none():
    assert rules().codes == {
        "*71": FeatureCode.TAKE_PAYMENT,
        "*70": FeatureCode.CANCEL,
        "*72": FeatureCode.SEND_BACK,
    }
    none = rules(codes={"take_payment": None, "cancel": None, "send_back": None})
    assert none.codes == {}


@pytest.mark.parametrize("code", ["7", "71", "*", "**********", "*7A", "+1"])
def test_a_feature_code_begins_with_a_key_that_no_number_has(tmp_path, code):
    (problem,) = problems(tmp_path, f"agents: {{codes: {{cancel: '{code}'}}}}\n")
    assert problem.startswith("site.yaml:1:26: cancel: this is not written as it should be")


@pytest.mark.parametrize(
    ("codes", "wrong"),
    [
        ("{cancel: '*71'}", "take_payment and cancel are both *71"),
        ("{cancel: '##', send_back: '*##'}", "cancel ## is in send_back *##"),
        ("{send_back: '*7'}", "send_back *7 is in take_payment *71, send_back *7 is in cancel *70"),
        ("{take_payment: '*7'}", "take_payment *7 is in cancel *70, take_payment *7 is in send_back *72"),
        ("{cancel: '*1*2#', send_back: '*2'}", "send_back *2 is in cancel *1*2#"),
    ],
)
def test_no_feature_code_is_in_another(tmp_path, codes, wrong):
    """Neither as its beginning nor as its end, nor within."""
    assert problems(tmp_path, f"agents:\n  codes: {codes}\n") == [
        f"site.yaml:2:10: codes: {wrong}: the agent could not give both; choose codes of which none is in another, "
        "as *71, *70 and *72, or take one away with null"
    ]


@pytest.mark.parametrize(
    "codes",
    [
        {"take_payment": "*7", "cancel": None, "send_back": None},
        {"take_payment": "*7", "cancel": "*8", "send_back": "#7"},
        {"take_payment": "*12", "cancel": "*21", "send_back": "**1"},
    ],
)
def test_codes_of_which_none_is_in_another_are_taken(codes):
    given = {code: FeatureCode(name) for name, code in codes.items() if code}
    assert rules(codes=codes).codes == given
