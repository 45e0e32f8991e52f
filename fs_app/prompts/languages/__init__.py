"""How each language joins recorded fragments: one module a language, named in `GRAMMARS`.

Word order belongs to the phrases (their gaps), plural rules and the spelling of numbers to these modules. Nothing
outside this folder may assume English.
"""

from __future__ import annotations

from collections.abc import Mapping

from fs_app.prompts.languages.en import English
from fs_app.prompts.languages.spoken import Grammar

GRAMMARS: Mapping[str, Grammar] = {"en": English()}
