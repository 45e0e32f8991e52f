"""The commands, one file each. A command's file is loaded when it is asked for, with all that it needs."""
