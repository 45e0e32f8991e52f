"""What ``callcenter_config queue list`` tells of a queue: a caller's place, and who is on duty. No I/O.

Rows are fields with ``|`` between them. A caller's name may hold one too, so what stands after it is counted from
the end.
"""

from __future__ import annotations

from fs_app.ports import Place

_SESSION = 3  # from the beginning of a member's row
_BASE_SCORE, _STATE, _JOINED = -6, -2, -10  # from its end
_MEMBER_FIELDS, _AGENT_FIELDS = 17, 21
_WAITING = frozenset({"Waiting", "Trying"})
_STATUS = -16  # from the end of an agent's row: its contact may hold anything
_ON_DUTY = frozenset({"Available", "Available (On Demand)"})


def place_of(uuid: str, members: str, agents: str) -> Place | None:
    """Where in the line a call is, 1 is next, and how many agents are on duty; None where it does not wait there.

    The queue serves first who has the highest score: the seconds since they joined, and their base score.
    """
    waiting = _waiting(members)
    mine = next((row for row in waiting if row[_SESSION] == uuid), None)
    if mine is None:
        return None
    before = sum(_since(row) < _since(mine) for row in waiting if row is not mine)
    on_duty = sum(row[_STATUS] in _ON_DUTY for row in _rows(agents, _AGENT_FIELDS))
    return Place(before + 1, on_duty)


def waiting_in(members: str) -> int:
    """How many callers wait there."""
    return len(_waiting(members))


def _waiting(members: str) -> list[list[str]]:
    return [row for row in _rows(members, _MEMBER_FIELDS) if row[_STATE] in _WAITING]


def _since(row: list[str]) -> int:
    """When this caller joined, earlier for one with a base score."""
    try:
        return int(row[_JOINED]) - int(row[_BASE_SCORE])
    except ValueError:
        return 0


def _rows(listing: str, fields: int) -> list[list[str]]:
    lines = [line.split("|") for line in listing.split("\n")[1:]]  # a name may hold what other lines end with
    return [row for row in lines if len(row) >= fields]
