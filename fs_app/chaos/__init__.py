"""The campaign: many payments through real processes while everything that can fail does; then the accounts are
compared to the cent. ``scripts/chaos`` runs it; docs/campaign.md tells how to read it."""
