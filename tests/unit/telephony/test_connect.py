"""What is taken from the connect reply, and what is not."""

from __future__ import annotations

import pytest

from fs_app.errors import ProtocolError
from fs_app.telephony.connect import ConnectInfo, KeyWay, read_connect
from fs_app.telephony.headers import Frame

UUID = "11112222-3333-4444-5555-666677778888"


def connect(**variables: str) -> ConnectInfo:
    lines = ["Event-Name: CHANNEL_DATA", f"Unique-ID: {UUID}"]
    lines += [
        f"{name.replace('_', '-') if name[0].isupper() else 'variable_' + name}: {v}"
        for name, v in variables.items()
    ]
    return read_connect(Frame("\n".join(lines).encode(), b""))


def test_the_lines_settings():
    info = connect(
        fs_app_flow="pay_balance",
        fs_app_language="en_US",
        fs_app_line="inband",
        fs_app_queue="payments%40default",
        fs_app_attempt="2",
    )
    assert (info.flow, info.language, info.line) == ("pay_balance", "en_US", "inband")
    assert (info.queue, info.attempt) == ("payments@default", 2)
    assert info.inband


def test_what_other_servers_left_behind():
    fresh = connect()
    assert (fresh.moved, fresh.given_up) == (False, False)
    left = connect(fs_app_moved="true", fs_app_given_up="true")
    assert (left.moved, left.given_up) == (True, True)
    assert not connect(fs_app_moved="false", fs_app_given_up="1").moved


@pytest.mark.parametrize(
    "value", ["${system(x)}", "a%0Ab", "a%2F..", "x" * 65, "", "a%20b", "%E2%80%A8", "%ff", "pay%00", "pay%0A"]
)
def test_a_setting_that_does_not_match_is_not_there(value):
    info = connect(fs_app_flow=value, fs_app_queue=value, fs_app_language=value, fs_app_attempt=value)
    assert (info.flow, info.queue, info.language, info.attempt) == (None, None, None, 1)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("15551230000", "15551230000"),
        ("%2B15551230000", "+15551230000"),
        ("anonymous", None),
        ("12", None),
        ("1" * 21, None),
        ("555%0Avariable_x%3A%20y", None),
        ("${system(x)}", None),
        ("%D9%A1%D9%A2%D9%A3", None),
    ],
)
def test_a_caller_id_is_digits(sent, kept):
    assert connect(Caller_Caller_ID_Number=sent).caller_id == kept


EVENTS, NO_EVENTS = "a%3Drtpmap%3A101%20telephone-event/8000", "a%3Drtpmap%3A0%20PCMU/8000"


@pytest.mark.parametrize(
    ("variables", "keys"),
    [
        ({}, KeyWay.EVENT),
        ({"switch_r_sdp": EVENTS}, KeyWay.EVENT),
        ({"switch_r_sdp": EVENTS, "fs_app_line": "inband"}, KeyWay.TONES),
        ({"switch_r_sdp": EVENTS, "fs_app_line": "info"}, KeyWay.SIP_INFO),
        ({"switch_r_sdp": NO_EVENTS}, KeyWay.TONES),
        ({"switch_r_sdp": NO_EVENTS, "dtmf_type": "info"}, KeyWay.TONES),  # what the switch falls back to
        ({"switch_r_sdp": NO_EVENTS, "fs_app_line": "auto"}, KeyWay.TONES),
    ],
)
def test_how_keys_come(variables, keys):
    info = connect(**variables)
    assert (info.keys, info.inband) == (keys, keys is KeyWay.TONES)


@pytest.mark.parametrize("uuid", ["", "x", "${system(x)}", "a%0Ab-c-d-e-f-g"])
def test_a_call_without_a_usable_uuid_is_no_call(uuid):
    with pytest.raises(ProtocolError):
        read_connect(Frame(f"Event-Name: CHANNEL_DATA\nUnique-ID: {uuid}".encode(), b""))


@pytest.mark.parametrize(
    "variables",
    [
        {"cc_cause": "answered"},
        {"fifo_serviced_uuid": "a9e47000-0000-4000-8000-000000000002"},
        {"originate_disposition": "SUCCESS"},
    ],
)
def test_who_talked_while_no_server_had_the_call_is_known(variables):
    assert connect(fs_app_attempt="2", **variables).talked
    assert not connect(**variables).talked, "a call that begins has talked with nobody"


@pytest.mark.parametrize(
    "variables", [{}, {"cc_cause": "cancel"}, {"originate_disposition": "USER_BUSY"}, {"fifo_serviced_uuid": ""}]
)
def test_who_was_not_answered_has_not_talked(variables):
    assert not connect(fs_app_attempt="2", **variables).talked


def test_where_in_the_dialplan_the_call_came_to_us():
    assert connect(Caller_Destination_Number="pay", Caller_Context="public").extension == ("pay", "public")
    assert connect(Caller_Destination_Number="%2B15550100", Caller_Context="default").extension == (
        "+15550100",
        "default",
    )


@pytest.mark.parametrize(
    ("number", "context"),
    [("", "default"), ("pay", ""), ("pay me", "public"), ("pay", "${system(x)}"), ("a'b", "x")],
)
def test_a_place_with_an_odd_name_is_none(number, context):
    assert connect(Caller_Destination_Number=number, Caller_Context=context).extension is None
