"""Kinds of values in the settings: from the environment, addresses, paths, secrets, database URLs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationInfo
from pydantic.functional_validators import BeforeValidator

NAME = r"^[A-Za-z0-9_.-]{1,64}$"


def _from_environment(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in os.environ:
        raise ValueError(f"the environment variable {name} is not set")
    return os.environ[name]


def _address(value: Any) -> Any:
    match = re.fullmatch(r"(\S+):(\d{1,5})", value) if isinstance(value, str) else None
    if match is None or int(match[2]) > 65535:
        raise ValueError("should be host:port, e.g. 127.0.0.1:8084")
    return match[1], int(match[2])


def _path(value: Any, info: ValidationInfo) -> Any:
    base = (info.context or {}).get("base", Path())
    return (base / value).resolve() if isinstance(value, str) else value


def database_url(value: str, info: ValidationInfo) -> str:
    """A database URL of a kind we know; an SQLite path is made absolute."""
    if value.startswith("sqlite:///"):
        base = (info.context or {}).get("base", Path())
        return f"sqlite:///{(base / value.removeprefix('sqlite:///')).resolve()}"
    if not value.startswith("mysql+mysqldb://"):
        raise ValueError("should start with sqlite:/// or mysql+mysqldb://")
    return value


def hidden_database_url(value: SecretStr, info: ValidationInfo) -> SecretStr:
    """The same for a URL with a password that nothing may print."""
    return SecretStr(database_url(value.get_secret_value(), info))


Env = BeforeValidator(_from_environment)
Text = Annotated[str, Env]
Secret = Annotated[SecretStr, Env]
Address = Annotated[tuple[str, int], BeforeValidator(_address)]
Location = Annotated[Path, BeforeValidator(_path)]


class Part(BaseModel):
    """A part of the settings: frozen, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")
