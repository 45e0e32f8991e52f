"""The composition root: the only place that knows every concrete class. Each role loads its own module alone."""
