"""Servers that play the same call: ours, stock greenswitch, and the floor that no Python server gets far below."""
