"""The commands of the back office, one file each."""
