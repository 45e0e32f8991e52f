"""The blueprints of the console. A new one is one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint

from fs_app.console.parts import ConsoleParts

BLUEPRINTS: Sequence[Callable[[ConsoleParts], Blueprint]] = ()
"""Each makes its blueprint from the parts; its routes are registered with `access.page`."""
