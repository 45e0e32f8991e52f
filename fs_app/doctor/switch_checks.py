"""What can be wrong with a switch: its log, its traces, its sockets, its modules, its limits."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from ipaddress import ip_address

from fs_app.doctor.configuration import value
from fs_app.doctor.finding import Check, Found, Severity
from fs_app.doctor.switch import DEFAULT_PASSWORD, Switch
from fs_app.telephony import guard

NEEDED = {
    "mod_event_socket": "`socket`: the way to fs_app",
    "mod_commands": "uuid_break, uuid_record, uuid_exists",
    "mod_dptools": "answer, set, playback, bind_digit_action",
    "mod_dialplan_xml": "the dialplan",
    "mod_sofia": "SIP",
    "mod_sndfile": "plays WAV",
    "mod_spandsp": "spandsp_start_dtmf: keys of old lines, heard as tones",
    "mod_callcenter": "the agent queue",
}
_CDR = (
    "mod_cdr_csv",
    "mod_json_cdr",
    "mod_xml_cdr",
    "mod_cdr_sqlite",
    "mod_cdr_pg_csv",
    "mod_odbc_cdr",
    "mod_format_cdr",
    "mod_cdr_mongodb",
)
_G711 = frozenset({"PCMU", "PCMA"})
_YES = frozenset({"true", "yes", "on", "1", "enabled", "active", "allow"})
_LOOPBACK_ACLS = frozenset({"loopback.auto"})
_CLOCK_SECONDS = 2.0


def _is_yes(text: str) -> bool:
    return text.strip().lower() in _YES


def unreachable(switch: Switch) -> Iterator[Found]:
    host, port = switch.settings.switch.event_socket
    if switch.unreachable:
        yield Found(
            f"the running switch at {host}:{port} was not looked at: {switch.unreachable}",
            "switch.event_socket and switch.password of the settings, as in event_socket.conf.xml",
        )


def unreadable(switch: Switch) -> Iterator[Found]:
    for problem in switch.unreadable:
        yield Found(problem, "switch.configuration of the settings: the folder of freeswitch.xml")


def log_level(switch: Switch) -> Iterator[Found]:
    if switch.running is not None:
        try:
            found = guard.level(switch.running.ask(" ".join(guard.LOG_LEVEL)))
        except ValueError:
            return
        if found >= guard.LEVELS.index("debug"):
            yield Found("the running switch logs at DEBUG", "fs_cli -x 'fsctl loglevel info'", "the running switch")
    for configuration in switch.configurations:
        settings = configuration.settings("switch.conf")
        if value(settings, "loglevel").lower() in ("debug", "7"):
            line = '<param name="loglevel" value="info"/>'
            yield Found("the core log level is DEBUG", line, configuration.place(settings["loglevel"]))


def sip_trace(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        for profile, settings in configuration.profiles():
            if _is_yes(value(settings, "sip-trace")):
                line, place = '<param name="sip-trace" value="no"/>', configuration.place(settings["sip-trace"])
                yield Found(f"SIP messages of profile {profile} are traced", line, place)


def sip_capture(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        for profile, settings in configuration.profiles():
            if _is_yes(value(settings, "sip-capture")):
                line, place = '<param name="sip-capture" value="no"/>', configuration.place(settings["sip-capture"])
                yield Found(f"SIP messages of profile {profile} are sent to a capture server (HEP)", line, place)


def captured_keys(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        captures = any(_is_yes(value(settings, "sip-capture")) for _, settings in configuration.profiles())
        for extension in configuration.extensions() if captures else ():
            for action in extension.iter("action"):
                if action.get("data") == "fs_app_line=info":
                    yield Found(
                        f"keys of {extension.get('name')} come as SIP INFO, and SIP messages are captured",
                        '<param name="sip-capture" value="no"/> in the profile',
                        configuration.place(action),
                    )


def open_event_socket(switch: Switch) -> Iterator[Found]:
    line = '<param name="listen-ip" value="127.0.0.1"/> and <param name="apply-inbound-acl" value="loopback.auto"/>'
    for configuration in switch.configurations:
        settings = configuration.settings("event_socket.conf")
        # Without the param it listens on every address, and takes loopback alone: that is open to a mistake.
        if settings and not _is_loopback(value(settings, "listen-ip", "::")):
            place = configuration.place(settings["listen-ip"]) if "listen-ip" in settings else ""
            yield Found("the event socket listens beyond loopback", line, place)
    if switch.listens_everywhere:
        port = switch.settings.switch.event_socket[1]
        yield Found(f"port {port} is open beyond loopback on this machine", line, "the running switch")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def default_password(switch: Switch) -> Iterator[Found]:
    line = '<param name="password" value="..."/> with one of your own, e.g. of `openssl rand -hex 24`'
    if switch.takes_default_password:
        yield Found(f"the event socket takes the password {DEFAULT_PASSWORD}", line, "the running switch")
    for configuration in switch.configurations:
        settings = configuration.settings("event_socket.conf")
        if settings and value(settings, "password") in ("", DEFAULT_PASSWORD):
            place = configuration.place(settings["password"]) if "password" in settings else ""
            yield Found("the event socket has the password that everybody knows", line, place)


def call_records(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        for name, load in configuration.modules().items():
            if name in _CDR:
                yield Found(
                    f"{name} writes call detail records",
                    f"keep no variable of your own that holds what callers key; or no line for {name}",
                    configuration.place(load),
                )


def core_dumps(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        settings = configuration.settings("switch.conf")
        if _is_yes(value(settings, "dump-cores")):
            line, place = '<param name="dump-cores" value="no"/>', configuration.place(settings["dump-cores"])
            yield Found("the switch writes core files", line, place)
    if switch.running is not None and switch.running.core_limit:
        yield Found("the switch may write core files", "LimitCORE=0 in its systemd unit", "the running switch")


def call_tracking(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        for profile, settings in configuration.profiles():
            if _is_yes(value(settings, "track-calls")):
                line, place = (
                    '<param name="track-calls" value="false"/>',
                    configuration.place(settings["track-calls"]),
                )
                yield Found(f"calls of profile {profile} are tracked", line, place)


def missing_modules(switch: Switch) -> Iterator[Found]:
    if switch.running is not None:
        for name, use in NEEDED.items():
            if not switch.running.has_module(name):
                yield Found(f"{name} is not loaded ({use})", f"fs_cli -x 'load {name}'", "the running switch")
    if switch.files is not None:
        loaded = switch.files.modules()
        for name, use in NEEDED.items():
            if loaded and name not in loaded:
                yield Found(
                    f"{name} is not loaded at start ({use})",
                    f'<load module="{name}"/> in modules.conf.xml',
                    switch.files.place(next(iter(loaded.values()))).rpartition(":")[0],
                )


def recorded_talks(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        callcenter = configuration.configuration("callcenter.conf")
        for each in (
            callcenter.iterfind("queues/queue/param[@name='record-template']") if callcenter is not None else ()
        ):
            queue = each.getparent().get("name")
            yield Found(
                f"talks of queue {queue} are recorded",
                "no record-template, or tell agents to stop them",
                configuration.place(each),
            )


def session_limits(switch: Switch) -> Iterator[Found]:
    calls = switch.settings.calls
    most = 2 * calls.limit * calls.workers  # an agent's leg is a session, too
    if switch.running is None:
        return
    for pattern, name, needed in (
        (r"(\d+) session\(s\) max", "max-sessions", most),
        (r"out of max (\d+)", "sessions-per-second", 30),
    ):
        found = switch.running.number(pattern)
        if found is not None and found < needed:
            yield Found(
                f"{name} is {found}, and {calls.workers} workers take {calls.limit} calls each",
                f'<param name="{name}" value="{needed}"/> in switch.conf.xml',
                "the running switch",
            )


def clock(switch: Switch) -> Iterator[Found]:
    if switch.running is not None and abs(ahead := switch.running.clock_ahead) > _CLOCK_SECONDS:
        word = "ahead of" if ahead > 0 else "behind"
        yield Found(
            f"the switch's clock is {abs(ahead):.0f} s {word} ours",
            "chrony or systemd-timesyncd on both",
            "the running switch",
        )


def codecs(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        for profile, settings in configuration.profiles():
            wanted = value(settings, "inbound-codec-prefs", "PCMU,PCMA")
            others = {each.strip().partition("@")[0].upper() for each in wanted.split(",")} - _G711 - {""}
            if others and "$${" not in wanted:
                yield Found(
                    f"profile {profile} also takes {', '.join(sorted(others))}",
                    '<param name="inbound-codec-prefs" value="PCMU,PCMA"/>',
                    configuration.place(settings["inbound-codec-prefs"]),
                )


def rtp_timer(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        for profile, settings in configuration.profiles():
            if value(settings, "rtp-timer-name", "none") != "soft":
                place = configuration.place(settings["rtp-timer-name"]) if "rtp-timer-name" in settings else profile
                yield Found(
                    f"profile {profile} has no RTP timer", '<param name="rtp-timer-name" value="soft"/>', place
                )


def readable_configuration_copy(switch: Switch) -> Iterator[Found]:
    folder = switch.running.log_folder if switch.running is not None else None
    copy = folder / "freeswitch.xml.fsxml" if folder is not None else None
    if folder is None or copy is None or not copy.exists():
        return
    if copy.stat().st_mode & stat.S_IROTH and folder.stat().st_mode & stat.S_IXOTH:
        yield Found("everybody on this machine can read the switch's passwords", f"chmod o-rwx {folder}", str(copy))


C, W, A = Severity.CRITICAL, Severity.WRONG, Severity.ADVICE
_KEYS_LOGGED = (
    "at DEBUG the switch logs each key of a line whose keys come as tones; calls of such lines get no card prompt"
)
_SIP_INFO = "a SIP message holds names and numbers, and on a SIP INFO line each key"
_EVENT_SOCKET = "whoever can log in there hears every event and can place and record calls"

SWITCH_CHECKS: tuple[Check[Switch], ...] = (
    Check("switch_reachable", A, "what is in force may differ from what is written", unreachable),
    Check("configuration_readable", A, "what is written cannot be checked before a restart", unreadable),
    Check("log_level", W, _KEYS_LOGGED, log_level),
    Check("sip_trace", W, _SIP_INFO, sip_trace),
    Check("sip_capture", W, _SIP_INFO, sip_capture),
    Check("keys_captured", C, "each key of such a line is in a SIP message", captured_keys),
    Check("event_socket_open", C, _EVENT_SOCKET, open_event_socket),
    Check("event_socket_password", C, _EVENT_SOCKET, default_password),
    Check("core_dumps", C, "a core file holds the memory of calls", core_dumps),
    Check("call_tracking", W, "every variable of a call is written to the core database", call_tracking),
    Check(
        "call_records", A, "a record keeps every variable of its call; fs_app leaves no digit in one", call_records
    ),
    Check("modules", W, "a call that needs it fails", missing_modules),
    Check("recorded_talks", A, "callers say card numbers to agents", recorded_talks),
    Check("session_limits", W, "the switch refuses calls that we would take", session_limits),
    Check("switch_clock", W, "its log and ours, and its records and the ledger, do not match", clock),
    Check("codecs", A, "prompts are transcoded, and tones may not survive other codecs than G.711", codecs),
    Check("rtp_timer", W, "a caller whose side sends no audio never hears a prompt end", rtp_timer),
    Check("configuration_copy", W, "the event socket's password is in it", readable_configuration_copy),
)
