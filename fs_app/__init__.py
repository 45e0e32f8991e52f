"""fs_app: phone payments on the operator's own FreeSWITCH. Start reading in ``ports.py``."""

__version__ = "0.1.0"
