"""The switch: framing, the argument gate, the session that cures greenswitch, keypad, channel and server."""
