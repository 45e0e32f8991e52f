"""How long a line waits for what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of a line, in seconds."""

    connect: float = 5.0  # from the connection to its set-up; what says nothing is no switch
    first_key: float = 6.0  # from the end of a prompt to the first key
    inter_key: float = 3.0  # from one key to the next
    gap: float = 1.5  # of silence after a prompt while we work: most work is done by then
    word: float = 8.0  # between two words while we work
    before_voice: float = 5.0  # from a beep to the first word of a spoken answer
    after_voice: float = 1.5  # of silence, which ends one
    margin: float = 5.0  # what the switch may need beyond a prompt's own length, or for an instant application
    queue: float = 1800.0  # in an agent queue; the queue's own max-wait-time should be shorter
    talk: float = 4 * 3600.0  # with an agent, then we let go of the line

    parted: float = 20.0  # in a transfer; one that rings for longer has left us
    blind: float = 2.0  # of a transfer to no other leg, until it is asked whether somebody is called

    @property
    def run(self) -> float:
        """Keys that come closer than this are typed in one go: a third of what ends an answer."""
        return self.inter_key / 3
