"""The test process is patched as the server's is: before anything else is imported."""

from gevent import monkey

monkey.patch_all()

import logging  # noqa: E402
from collections.abc import Iterator  # noqa: E402

import pytest  # noqa: E402
import structlog  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from fs_app.log import CHATTY  # noqa: E402

pytest_plugins = ["tests.fixtures_mariadb", "tests.real_switch", "tests.world"]

# How long one example takes says something of the machine, and nothing of what is tested. What the profile that is
# loaded says of the rest (another one on a build server) goes on, and --hypothesis-profile still chooses another.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """What a test, or a command that it runs, sets up for the log is not the next one's."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.NOTSET)
