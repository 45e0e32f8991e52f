"""The console: pages for agents, supervisors, finance and admins, on a process of their own."""
