"""The settings file: one typed model, checked whole before anything starts.

Paths are relative to the file's own folder. A value written ``env:NAME`` is taken from the environment, so that
keys and passwords need not lie in the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from fs_app import yamlfile
from fs_app.settings.agents import AgentsSettings
from fs_app.settings.agreements import AgreementSettings
from fs_app.settings.console import ConsoleSettings, OidcSettings
from fs_app.settings.jobs import JobsSettings
from fs_app.settings.messages import MessagesSettings, ProviderSettings
from fs_app.settings.money import GatewaySettings, PaymentSettings
from fs_app.settings.store import DatabaseSettings, DirectorySettings, StatementSettings
from fs_app.settings.switch import SwitchSettings
from fs_app.settings.values import NAME, Address, Location, Part
from fs_app.settings.web import WebSettings

__all__ = [
    "ConsoleSettings",
    "GatewaySettings",
    "MessagesSettings",
    "OidcSettings",
    "PaymentSettings",
    "ProviderSettings",
    "Settings",
    "StatementSettings",
    "load_settings",
]

_LAST_PORT = 65535


class CallsSettings(Part):
    """The event socket server."""

    listen: Address = Field(
        ("127.0.0.1", 8084), description="where the switch's `socket` application connects; keep it on loopback"
    )
    workers: int = Field(2, ge=1, le=64, description="processes of `fs-app serve` that share this port")
    limit: int = Field(
        200, ge=1, description="calls at once in one process; the next one hears a prompt and goes to the fallback"
    )
    grace_seconds: float = Field(120, ge=0, description="on SIGTERM calls may go on for so long")
    reload_seconds: float = Field(
        2.0, ge=0, description="how often changed flows, lines and phrases are looked for; 0: never"
    )
    first_key_seconds: float = Field(6.0, gt=0, description="from the end of a prompt to the first key")
    inter_key_seconds: float = Field(3.0, gt=0, description="from one key to the next")
    waiting: str = Field(
        "music",
        pattern=r"^(music|silence|local_stream://[A-Za-z0-9_.-]{1,64})$",
        description="what callers hear while something takes time, with a word every few seconds: `music` is "
        "sounds/tunes/music.wav",
    )


class LineSettings(Part):
    """What a call gets whose dialplan sets no fs_app_* variable."""

    flow: str = Field("pay_balance", pattern=NAME, description="the name of a flow, as its file says it")
    language: str = Field(
        "en",
        pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$",
        description="of the prompts, one of those in the folder of the sounds",
    )
    queue: str = Field(
        "payments",
        pattern=r"^[A-Za-z0-9_.-]{1,64}(@[A-Za-z0-9_.-]{1,64})?$",
        description="where people are reached: a queue of mod_callcenter",
    )


class CallersSettings(Part):
    """What is remembered of who called: their language, and the account they were last identified for."""

    keep_days: int = Field(400, ge=0, description="since their last call; 0: nobody is remembered")


class LogSettings(Part):
    """Where the lines go: always standard error, for systemd or a person."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="what is less than this is not written"
    )
    style: Literal["json", "console"] = Field("json", description="one JSON object a line, or lines for a person")


class Settings(Part):
    """Everything an operator can set. Every part has a default that works on one machine without accounts."""

    calls: CallsSettings = CallsSettings()
    line: LineSettings = LineSettings()
    agents: AgentsSettings = AgentsSettings()
    callers: CallersSettings = CallersSettings()
    database: DatabaseSettings = DatabaseSettings()
    directory: DirectorySettings = DirectorySettings()
    gateway: GatewaySettings = GatewaySettings()
    payments: PaymentSettings = PaymentSettings()
    agreements: AgreementSettings = AgreementSettings()
    jobs: JobsSettings = JobsSettings()
    messages: MessagesSettings = MessagesSettings()
    web: WebSettings = WebSettings()
    console: ConsoleSettings = ConsoleSettings()
    switch: SwitchSettings = SwitchSettings()
    log: LogSettings = LogSettings()
    metrics: Address = Field(
        ("127.0.0.1", 9108),
        description="Prometheus metrics of calls' first worker, the next at the next port; keep it on loopback",
    )
    run: Location = Field(Path("../var"), description="the folder of the socket that `fs-app restart` speaks to")
    timezone: str = Field("UTC", description="of the tz database: whose days due dates and expiry dates are")
    flows: Location = Field(Path("flows"), description="the folder of the flows")
    lines: Location = Field(Path("lines.yaml"), description="the numbers that are advertised; may be missing")
    sounds: Location = Field(Path("../sounds"), description="the folder of the phrases and their recordings")
    recordings: Location = Field(
        Path("../var/recordings"), description="what callers say where that is asked for; the switch writes there"
    )

    def metrics_of(self, slot: int) -> tuple[str, int]:
        """Where the worker of that number serves its metrics; port 0 is any free one for each."""
        host, port = self.metrics
        return host, port + slot if port else 0

    @model_validator(mode="after")
    def _metrics_apart(self) -> Self:
        taken = [self.metrics_of(slot) for slot in range(self.calls.workers)]
        if taken[-1][1] > _LAST_PORT:
            raise ValueError(f"metrics: there are not {self.calls.workers} ports from {self.metrics[1]} on")
        if self.jobs.metrics[1] and self.jobs.metrics in taken:
            number = taken.index(self.jobs.metrics) + 1
            raise ValueError(f"jobs.metrics: {self.jobs.metrics[1]} is the port of calls' worker number {number}")
        return self

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a part of the world, which is a folder
            raise ValueError("should be a zone of the tz database, e.g. America/New_York") from None
        return value


def load_settings(path: Path) -> tuple[Settings, yamlfile.Document]:
    """Read and check the settings file; ConfigError lists every mistake as ``file:line:col``.

    The document is returned too, so that later checks (the operator's SQL, gateway keys) can point into it.
    """
    document = yamlfile.read(path)
    data = document.data if document.data is not None else {}
    defaults = {
        "flows": "flows",
        "lines": "lines.yaml",
        "sounds": "../sounds",
        "run": "../var",
        "recordings": "../var/recordings",
        "database": {},
        "messages": {},
    }
    if isinstance(data, dict):
        data = {**defaults, **data}
    return yamlfile.validate(document, Settings, data=data, context={"base": path.resolve().parent}), document
