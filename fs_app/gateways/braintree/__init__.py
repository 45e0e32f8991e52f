"""The gateway ports on Braintree's official SDK: the only place that imports it.

Laws: every answer is a value, never an exception, because the SDK's exceptions hold the request body and so the
card. An exception is named and dropped in the frame that caught it. What was certainly not sent is Unavailable;
what may have been is Unknown; only a transaction that the gateway answered with can be Approved or Declined.
"""

from fs_app.gateways.braintree.connection import BraintreeAccount
from fs_app.gateways.braintree.gateway import BraintreeGateway
from fs_app.gateways.braintree.office import BraintreeOffice
from fs_app.gateways.braintree.vault import BraintreeVault

__all__ = ["BraintreeAccount", "BraintreeGateway", "BraintreeOffice", "BraintreeVault"]
