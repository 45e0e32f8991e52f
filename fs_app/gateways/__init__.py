"""Payment gateways: the Braintree adapter and the local gateway server."""
