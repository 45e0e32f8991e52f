"""The call that every peer plays: 24 commands, as the measurements of other servers have it.

``GATHER`` collects digits with ``play_and_get_digits``; ``KEYPAD`` is the same call with the private keypad, where
each key comes as a message of its own.
"""

from __future__ import annotations

ROUNDS, PROMPTS = 4, 3
PROMPT, QUESTION = "/prompts/prompt.wav", "/prompts/question.wav"
KEYS = "4321"
EVENTS = "CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_UNBRIDGE MEDIA_BUG_START"
GATHER_ARGUMENT = f"4 4 1 5000 # {QUESTION} silence_stream://1 digits [0-9]+ 2000"
VARIABLES = (("fs_app_one", "1"), ("fs_app_two", "2"))
KINDS = "gather", "keypad"
