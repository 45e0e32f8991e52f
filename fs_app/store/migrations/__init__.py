"""Alembic's folder: ``env.py`` and, in ``versions``, one file for each change of the schema."""
