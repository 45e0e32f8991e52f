"""The soak: hours of calls with hang-ups, dying workers and dying switches, and whether anything grows."""
