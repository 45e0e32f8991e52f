"""How long a caller heard nothing while it was our turn. No I/O.

It is the caller's turn from a question until their last key; that silence is theirs. All other silence between two
prompts is ours, and what a server's death adds to it is counted from the death.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from fs_app.proof.callers import Saying


def silences(sayings: Sequence[Saying], *, since: float, ended: float = math.inf) -> list[float]:
    """The silence before each prompt that began after ``since``, in seconds, as far as it lies after ``since``.

    Where the caller had not answered yet when the next prompt began, their turn was taken from them: silence counts
    from ``since``, or from the end of the prompt before.
    """
    found = []
    for before, after in pairwise(sayings):
        if not since < after.started < ended:
            continue
        stopped = before.stopped or after.started
        turn = max(stopped, before.answered) if before.expected and before.answered else stopped
        found.append(max(0.0, after.started - max(turn, since)))
    return found
