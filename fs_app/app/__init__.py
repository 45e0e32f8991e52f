"""The composition root: the only place that knows every concrete class."""

from fs_app.app.calls import Calls
from fs_app.app.checks import check_everything
from fs_app.app.jobs import Jobs
from fs_app.app.parts import (
    Parts,
    SystemClock,
    load_all_flows,
    load_prompts,
    open_database,
    open_directory,
    open_gateway,
)
from fs_app.app.roles import run_calls, run_jobs, run_sandbox, run_web
from fs_app.app.web import Web

__all__ = [
    "Calls",
    "Jobs",
    "Parts",
    "SystemClock",
    "Web",
    "check_everything",
    "load_all_flows",
    "load_prompts",
    "open_database",
    "open_directory",
    "open_gateway",
    "run_calls",
    "run_jobs",
    "run_sandbox",
    "run_web",
]
