"""Countries: four ways to name one, which have to agree; giving one fills the others."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pycountry

from fs_app.gateways.sandbox.exchange import Problems, text
from fs_app.gateways.sandbox.xml import Tree

# The code for an unknown value of each field.
FIELDS: Mapping[str, str] = {
    "country_name": "91803",
    "country_code_alpha2": "91814",
    "country_code_alpha3": "91816",
    "country_code_numeric": "91817",
}
_DISAGREE = "91815"
Country = tuple[str, str, str, str]  # in the order of FIELDS

# Where the gateway's name is neither ISO's short name nor its common one. Those are understood too.
_NAMES = {
    "AX": "Åland",
    "BN": "Brunei Darussalam",
    "CD": "Congo (Kinshasa)",
    "CG": "Congo (Brazzaville)",
    "CV": "Cape Verde",
    "CZ": "Czech Republic",
    "FK": "Falkland Islands",
    "FM": "Micronesia",
    "MK": "Macedonia",
    "MO": "Macau",
    "PS": "Palestine",
    "RE": "Reunion",
    "RU": "Russia",
    "SH": "Saint Helena",
    "SZ": "Swaziland",
    "TR": "Turkey",
    "US": "United States of America",
    "VA": "Vatican City",
    "VG": "Virgin Islands, British",
    "VI": "Virgin Islands, U.S.",
}


def complete(given: Tree, problems: Problems, *path: str) -> Tree:
    """The four country fields of an address, all nil where none is given; problems are noted at ``path``."""
    values = {name: text(given, name) for name in FIELDS}
    found = {name: _index()[name].get(value) for name, value in values.items() if value}
    for name, country in found.items():
        if country is None:
            problems.add(FIELDS[name], *path)
    known = {country for country in found.values() if country is not None}
    if len(known) > 1:
        problems.add(_DISAGREE, *path)
    return dict(zip(FIELDS, known.pop(), strict=True)) if len(known) == 1 else dict.fromkeys(FIELDS)


@cache
def _index() -> Mapping[str, Mapping[str, Country]]:
    """Per field, every value that is understood and the country it means."""
    index: dict[str, dict[str, Country]] = {name: {} for name in FIELDS}
    for entry in pycountry.countries:
        common = getattr(entry, "common_name", entry.name)
        country = (_NAMES.get(entry.alpha_2, common), entry.alpha_2, entry.alpha_3, entry.numeric)
        index["country_name"] |= dict.fromkeys((entry.name, common, country[0]), country)
        index["country_code_alpha2"][entry.alpha_2] = country
        index["country_code_alpha3"][entry.alpha_3] = country
        index["country_code_numeric"] |= dict.fromkeys((entry.numeric, entry.numeric.lstrip("0")), country)
    return index
