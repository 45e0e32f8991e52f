"""The gate: what may be written to the switch, and what never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.destination import Destination, Way, callcenter
from fs_app.errors import UnsafeArgument
from fs_app.telephony import commands
from fs_app.telephony.keypad import LISTEN_INBAND, RELEASE, REPORT_AT_ONCE, binding

EVENT_UUID = "11112222-3333-4444-5555-666677778888"
HOSTILE = [
    "${system(touch /tmp/x)}",
    "$${domain}",
    "x\nexecute-app-name: system",
    "payments\n",
    "\n\napi shutdown",
    "a\x00b",
    "caf\u00e9",
    "١٢٣",
    "a\u2028b",
    "a b;c",
    "{var=1}/a",
    "'",
    "x" * 100_000,
]


@pytest.mark.parametrize("application", sorted(commands.APPLICATIONS))
@pytest.mark.parametrize("argument", HOSTILE)
def test_no_application_gets_a_hostile_argument(application, argument):
    for whole in (argument, f"/sounds/{argument}", f"name={argument}", f"payments@{argument}"):
        with pytest.raises(UnsafeArgument) as caught:
            commands.execute(application, whole)
        assert argument not in str(caught.value)


@given(st.sampled_from(sorted(commands.APPLICATIONS)), st.text())
def test_what_passes_can_do_no_harm(application, argument):
    try:
        _, written = commands.execute(application, argument)
    except UnsafeArgument:
        return
    assert b"$" not in written and b"{" not in written
    assert written.count(b"\n\n") == 1 and written.endswith(b"\n\n")
    assert written.count(b"\n") == 7 - (argument == "")


@pytest.mark.parametrize("argument", HOSTILE)
def test_no_api_and_no_plain_command_gets_a_hostile_argument(argument):
    for build in (
        *(lambda verb=verb: commands.api(verb, argument) for verb in commands.APIS),
        lambda: commands.api("uuid_record", f"{EVENT_UUID} mask {argument}"),
        lambda: commands.api("uuid_record", f"{EVENT_UUID} mask /rec/{argument}"),
        lambda: commands.api("uuid_record", f"{EVENT_UUID} stop {argument}"),
        lambda: commands.api("uuid_record", f"{EVENT_UUID} start /rec/1.wav"),
        lambda: commands.api("uuid_setvar", f"{EVENT_UUID} last_matching_digits"),
        lambda: commands.execute("bind_digit_action", f"keys,~[0-9*#],api:{argument},{EVENT_UUID}"),
        lambda: commands.execute("bind_digit_action", f"keys,~[0-9*#],exec:{argument},{EVENT_UUID}"),
        lambda: commands.api("uuid_setvar", f"{EVENT_UUID} {argument}"),
        lambda: commands.plain("filter", f"Unique-ID {argument}"),
        lambda: commands.plain("event", f"plain {argument}"),
        lambda: commands.plain("linger", argument),
        lambda: commands.api("uuid_audio", f"{EVENT_UUID} {argument}"),
        lambda: commands.api("callcenter_config", f"queue list members {argument}@default"),
    ):
        with pytest.raises(UnsafeArgument):
            build()


@pytest.mark.parametrize(
    "argument", ["", "NORMAL_CLEARING", "NORMAL_CLEARING fs_app_listens", "NORMAL_CLEARING a b"]
)
def test_hupall_cannot_hang_up_on_everybody(argument):
    assert commands.api("hupall", f"NORMAL_CLEARING fs_app_listens {EVENT_UUID}")
    with pytest.raises(UnsafeArgument):
        commands.api("hupall", argument)


@pytest.mark.parametrize("application", ["system", "bgsystem", "python", "socket", "transfer", "eval", ""])
def test_an_application_we_do_not_use_cannot_be_run(application):
    with pytest.raises(UnsafeArgument):
        commands.execute(application, "")


def test_an_execution_carries_its_uuid_and_its_lock():
    uuid, written = commands.execute("playback", "/sounds/en/welcome.wav")
    assert written == (
        b"sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: /sounds/en/welcome.wav\n"
        b"event-lock: true\nEvent-UUID: " + uuid + b"\n\n"
    )


def test_no_two_executions_have_the_same_uuid():
    uuids = {commands.execute("answer", "")[0] for _ in range(1000)}
    assert len(uuids) == 1000
    assert all(commands.matching(commands.UUID, uuid.decode()) for uuid in uuids)


def test_plain_commands():
    assert commands.plain("connect") == b"connect\n\n"
    assert commands.plain("linger", "10") == b"linger 10\n\n"
    assert commands.plain("event", "plain " + " ".join(commands.EVENTS)).startswith(
        b"event plain CHANNEL_EXECUTE_C"
    )
    assert commands.api("uuid_break", EVENT_UUID) == b"api uuid_break " + EVENT_UUID.encode() + b"\n\n"


@pytest.mark.parametrize("step", [*binding(EVENT_UUID), *LISTEN_INBAND, *RELEASE, *REPORT_AT_ONCE])
def test_the_keypad_passes_the_gate(step):
    assert commands.execute(*step)


def test_a_sentence_is_one_argument():
    files = [f"/sounds/en/{name}.wav" for name in ("your", "balance", "is")]
    argument = commands.files_argument(files)
    assert argument == "file_string:///sounds/en/your.wav!/sounds/en/balance.wav!/sounds/en/is.wav"
    assert commands.execute("playback", argument)
    assert commands.files_argument(files[:1]) == files[0]


def test_a_recorded_sentence_is_one_argument_without_a_brace():
    argument = commands.sentence_argument("/rec/a-1.wav", seconds=5.2, before=5, after=1.5)
    assert argument.startswith("/rec/a-1.wav +6 %7BRECORD_READ_ONLY=true,")
    assert argument.endswith("RECORD_INITIAL_TIMEOUT_MS=5000,RECORD_FINAL_TIMEOUT_MS=1500%7D")
    assert commands.execute("record_session", argument)


@pytest.mark.parametrize(
    "change",
    [
        ("READ_ONLY=true", "READ_ONLY=false"),
        ("%7D", ",execute_on_record_stop=system%7D"),
        ("%7B", "{"),
        ("+6 ", ""),
        ("/rec/", "/rec/${uuid}"),
        ("5000", "5000;x"),
    ],
)
def test_a_recording_has_no_options_but_ours(change):
    argument = commands.sentence_argument("/rec/a-1.wav", seconds=5.2, before=5, after=1.5)
    assert change[0] in argument
    with pytest.raises(UnsafeArgument):
        commands.execute("record_session", argument.replace(*change))


WAYS = {
    Way.CALLCENTER: ("payments@default", ("callcenter", "payments@default")),
    Way.FIFO: ("support", ("fifo", "support in")),
    Way.EXTENSION: ("201@pbx.example.org", ("bridge", "user/201@pbx.example.org")),
    Way.TRUNK: ("office/+15550100", ("bridge", "sofia/gateway/office/+15550100")),
}


@pytest.mark.parametrize("way", list(Way))
def test_the_ways_to_a_person(way):
    target, step = WAYS[way]
    assert commands.way_to(Destination("q", way, target)) == step
    _, written = commands.execute(*step)
    assert b"event-lock" not in written, "prompts nest in the wait and in the talk"


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize(
    "target", [*HOSTILE, "a,b/c", "{x=1}user/201@h", "loopback/201/default", "user/1@h|user/2@h"]
)
def test_no_way_to_a_person_has_a_hostile_name(way, target):
    with pytest.raises(UnsafeArgument):
        commands.way_to(Destination("q", way, target))


@pytest.mark.parametrize(
    ("queue", "target"), [("payments", "payments@default"), ("payments@west", "payments@west")]
)
def test_a_queue_has_a_domain(queue, target):
    assert callcenter(queue).target == target


def test_what_the_switch_does_after_a_talk_is_to_come_back_to_us_alone():
    alone = commands.after_a_talk("+15550100", "public", 5)
    assert commands.execute("set", f"transfer_after_bridge={alone}")
    assert commands.api("uuid_setvar", f"{EVENT_UUID} hold_hangup_xfer_exten {alone}")
    others = (alone.replace(",park:", ",system:touch"), "^^|system:touch x|inline", f"{alone}x", "x:XML:y,system:z")
    for other in (*others, *(commands.after_a_talk(extension, "public", 5) for extension in HOSTILE)):
        with pytest.raises(UnsafeArgument):
            commands.execute("set", f"transfer_after_bridge={other}")
        with pytest.raises(UnsafeArgument):
            commands.api("uuid_setvar", f"{EVENT_UUID} hold_hangup_xfer_exten {other}")


@pytest.mark.parametrize("mark", ["fs_app_reference=abc123", "sip_h_X-FS-App-Reference=abc123"])
def test_what_is_set_on_the_agents_leg_is_a_word(mark):
    assert commands.execute("set", mark)
    assert commands.execute("export", f"nolocal:{mark}")
    for hostile in ("x y", "${x}", "a\nb", "a;b", "<sip:x>"):
        with pytest.raises(UnsafeArgument):
            commands.execute("export", f"nolocal:{mark}{hostile}")
