"""A local gateway that speaks Braintree's API to the unmodified SDK: a module per resource, behaviour in tables."""

from fs_app.gateways.sandbox.server import SandboxServer

__all__ = ["SandboxServer"]
