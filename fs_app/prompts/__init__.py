"""What is said: phrases, how a language joins them, the recordings and their checks."""
