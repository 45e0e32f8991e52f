"""How long a caller heard nothing while it was our turn. No I/O.

It is the caller's turn from a question until their last key; that silence is theirs. All other silence between two
prompts is ours, and what a server's death adds to it is counted from the death.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fs_app.proof.callers import Saying


def silences(sayings: Sequence[Saying], *, since: float) -> list[float]:
    """The silence before each prompt that began after ``since``, in seconds, as far as it lies after ``since``.

    Where the caller had not answered yet, it is theirs; but where "one moment" came instead of their answer, their
    turn was taken from them, and silence counts from ``since``.
    """
    found = []
    for before, after in pairwise(sayings):
        theirs = before.expected and not before.answered and "one_moment" not in after.phrases
        if after.started > since and not theirs:
            stopped = before.stopped or after.started
            found.append(max(0.0, after.started - max(stopped, before.answered, since)))
    return found
