"""The database: engine off the hub, tables, migrations, ledger, directories."""
