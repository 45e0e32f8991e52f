"""Values and rules. Standard library only, no I/O: everything here can be tested with a literal."""
