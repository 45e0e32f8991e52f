"""``fs-app serve``: every role this machine needs, each process watched, and replaced without a gap.

`plan` says which processes the settings ask for, `process` is one of them, `supervisor` keeps them up and replaces
them, `sockets` are the addresses that outlive them, `notices` is what they tell, `control` is how a command asks.
"""

EX_CONFIG = 78  # sysexits.h: the configuration is wrong, and another start would not help

__all__ = ["EX_CONFIG"]
