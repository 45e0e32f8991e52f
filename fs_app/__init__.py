"""fs_app: phone payments on the operator's own FreeSWITCH. Start reading in ``ports/``."""

__version__ = "0.1.0"
