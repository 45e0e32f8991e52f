"""Written messages: providers and the templates of their texts."""
