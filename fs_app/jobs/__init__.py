"""What is due: one follower per kind of task, and the runner that claims tasks for them."""
