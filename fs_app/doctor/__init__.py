"""``fs-app doctor``: what is wrong with a switch, and with our own side, before a call meets it.

Each check is one function in a table: `switch_checks`, `dialplan_checks`, `media_checks`, `people_checks`,
`own_checks`. To add one, copy the shortest.
"""
