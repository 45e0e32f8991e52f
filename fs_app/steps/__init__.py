"""One file per thing a caller does. `STEPS` is every step by its YAML name."""
