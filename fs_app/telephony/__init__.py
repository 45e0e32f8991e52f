"""The switch: server, session, channel, keypad; commands and headers are pure."""
