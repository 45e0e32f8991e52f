"""A local gateway that speaks Braintree's API to the unmodified SDK."""
