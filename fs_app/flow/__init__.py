"""Call flows: from YAML to a checked, immutable Flow, and the engine that walks it."""
