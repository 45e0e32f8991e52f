"""The demo: what `scripts/demo` runs, and the phone in the terminal."""
