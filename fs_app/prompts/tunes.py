"""Sounds without words: what is played while something takes time, and the beep after which a caller speaks.

Any WAV file that telephones can play may take the place of ours; `compose` makes those.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fs_app.errors import Problem
from fs_app.ports import Tune, Utterance
from fs_app.prompts.wav import measure

FOLDER = "tunes"


def read_tunes(sounds: Path) -> tuple[Mapping[Tune, Utterance], list[Problem]]:
    """Every tune as it lies beneath the folder of sounds, and what is wrong."""
    tunes, problems = {}, []
    for tune in Tune:
        path = sounds / FOLDER / f"{tune}.wav"
        seconds, complaint = measure(path)
        tunes[tune] = Utterance((path,), f"({tune})", seconds)
        if complaint:
            problems.append(Problem(str(path), 0, 0, complaint, "run scripts/make-sounds, or put your own there"))
    return tunes, problems
