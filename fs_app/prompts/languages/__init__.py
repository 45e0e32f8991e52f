"""How each language joins recorded fragments: one module a language, found by its name.

Word order belongs to the phrases (their gaps), plural rules, gender and the spelling of numbers to these modules. A
module offers ``GRAMMAR``; most build on `fs_app.prompts.spoken.WordGrammar`. Nothing outside this folder may assume
English.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module

from fs_app.prompts.spoken import Grammar


def _discover() -> dict[str, Grammar]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").GRAMMAR for name in names}


GRAMMARS: Mapping[str, Grammar] = _discover()
