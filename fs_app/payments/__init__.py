"""Taking a payment: what is done in which order, on the Ledger and Gateway ports alone."""
