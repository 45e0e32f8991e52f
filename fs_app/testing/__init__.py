"""Shipped fakes: the simulated switch and the scripted phone. Tests, the demo and operators use them."""
