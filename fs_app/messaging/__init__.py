"""Written messages: how they are sent, and the texts of receipts."""
