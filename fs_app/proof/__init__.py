"""The proof on a real FreeSWITCH: nothing of a card is left anywhere, and calls outlive their server.

``scripts/freeswitch-proof`` runs it. Two switches: one that takes payments, with the configuration as shipped, and
one that the callers' telephones belong to, so that whatever the first one writes down is evidence.
"""
