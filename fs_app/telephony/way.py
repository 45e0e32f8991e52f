"""What the switch is told before a caller is led to a person, and once they are back. No I/O.

Should we die meanwhile, neither the wait nor the talk is cut (``socket_resume=false``). Once the talk is over, and
the caller is with nobody else, the switch parks them (``transfer_after_bridge``). It takes them to our place in the
dialplan when we let go of them, or `_RESCUE_SECONDS` later where nobody is there who could.
"""

from __future__ import annotations

from fs_app.domain.destination import Destination, Way
from fs_app.telephony import commands
from fs_app.telephony.connect import ConnectInfo

Steps = tuple[tuple[str, str], ...]

# With it, a server's death ends whatever the switch does for it, and the dialplan goes on: right while we talk to
# the caller, wrong while an agent does or the caller waits for one.
COME_BACK, STAY = ("set", "socket_resume=true"), ("set", "socket_resume=false")

LEAVE = "D"
"""The key that a caller leaves a line with: no caller's telephone has it."""

DIALPLAN = "inline"
"""Where a caller who is alone after a talk is parked: who is parked elsewhere was sent there by somebody else."""

# The sound of a talk goes through the switch, whatever the caller's way here has set: past it each key would reach
# the person's telephone, and we could neither hear nor silence the caller. `false`, as one that is unset is looked
# for among the switch's own variables. `bypass_media_after_hold` acts where the person holds the caller.
BYPASSING = ("bypass_media", "bypass_media_after_bridge", "bypass_media_after_hold", "proxy_media")
_THROUGH_US: Steps = tuple(("set", f"{name}=false") for name in BYPASSING)

_RESCUE_SECONDS = 5
_PAUSE_MILLISECONDS = 2500  # longer than `Timing.blind`

# What an earlier wait may have left, which would tell that somebody took the caller: see `ConnectInfo.talked`.
_NEW: Steps = (("unset", "cc_cause"), ("unset", "fifo_serviced_uuid"), ("unset", "originate_disposition"))

# What a caller leaves a line with.
_LINES: dict[Way, Steps] = {
    Way.CALLCENTER: (("set", f"cc_exit_keys={LEAVE}"),),
    Way.FIFO: (("set", f"fifo_caller_exit_key={LEAVE}"),),
}

_HOME: Steps = (
    # The dialplan's own way to a person, should it ever come to that, is not to find anything of ours.
    ("set", "hangup_after_bridge=true"),
    ("unset", "transfer_after_bridge"),
    ("unset", commands.PAUSE),
    ("unset", "continue_on_fail"),
)

MARKS: Steps = (
    ("unset", "hangup_after_bridge"),
    ("unset", "transfer_after_bridge"),
    ("unset", commands.PAUSE),
    ("unset", "continue_on_fail"),
)
"""Taken back of what `before` has set."""

GONE: Steps = (("set", "sensitive_dtmf=false"), *MARKS)
"""An agent sent the caller elsewhere: nothing of ours goes there with them."""


def before(destination: Destination, info: ConnectInfo, reference: str, sound: str) -> Steps:
    """What goes before the application that leads there. ``reference`` is set on the agent's leg; ``sound`` is what
    the caller hears while a telephone rings, of which a queue has its own. Each unless empty."""
    marks = _marks(destination, reference) if reference else ()
    return STAY, *_THROUGH_US, *_keeping(info), *marks, *_NEW, *(_LINES.get(destination.way) or _rings(sound))


def home(*, parked: bool) -> Steps:
    """The caller is with us again. Where the switch has parked them after a talk they go on when we are gone; with
    ``socket_resume`` they would not (measured: silence, for ever)."""
    return _HOME if parked else (COME_BACK, *_HOME)


def alone(extension: tuple[str, str]) -> str:
    """Where the switch takes a caller whose talk is over, and who is with nobody else."""
    return commands.after_a_talk(*extension, _RESCUE_SECONDS)


def _rings(sound: str) -> Steps:
    """Where the switch calls somebody, the caller stays though nobody answers; and whom we have answered would hear
    nothing at all."""
    stays = ("set", "continue_on_fail=true")
    return (stays, ("set", f"transfer_ringback={sound}")) if sound else (stays,)


def _keeping(info: ConnectInfo) -> Steps:
    """What makes the switch keep a caller after the talk, and bring them back to us should nobody be there. Whom an
    agent transfers to our own extension waits there until we have let go of them: of two servers that have a call
    each gets some of its keys, and the end of the first one cuts it from the second."""
    if info.extension is None:
        return ()
    return (
        ("set", "hangup_after_bridge=false"),
        ("set", "park_after_bridge=false"),
        ("set", "fs_app_attempt=2"),
        ("set", f"{commands.PAUSE}={_PAUSE_MILLISECONDS}"),
        ("set", f"transfer_after_bridge={alone(info.extension)}"),
    )


def _marks(destination: Destination, reference: str) -> Steps:
    """What sets the reference on the agent's leg, and in the SIP INVITE to the agent's telephone."""
    names = ("fs_app_reference", "sip_h_X-FS-App-Reference")
    if destination.way is Way.CALLCENTER:
        exported = ("set", f"cc_export_vars={','.join(names)}")
        return (*(("set", f"{name}={reference}") for name in names), exported)
    return tuple(("export", f"nolocal:{name}={reference}") for name in names)
