"""Web pages and hooks: webhooks of the gateway, the internal API."""
