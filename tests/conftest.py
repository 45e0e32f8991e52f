"""The test process is patched as the server's is: before anything else is imported."""

from gevent import monkey

monkey.patch_all()

pytest_plugins = ["tests.fixtures_mariadb", "tests.real_switch", "tests.world"]
