"""The ports: what the flow and the back office need from the world, and what passes through. Read this first.

A port is a Protocol; ``app.py`` plugs the concrete classes in. Contract tests in ``tests/contract`` hold the
fake and the real thing of every port to the same behaviour.
"""

from fs_app.domain.standing import GatewayRecord
from fs_app.ports.agreements import AgreementEvent, Agreements, Cancelled
from fs_app.ports.audit import AgreementDeed, Audit, AuditEntry, Deed
from fs_app.ports.billing import MOST_BILLS, Directory
from fs_app.ports.caller import CHANNEL_PHRASES, Channel, Handover, Recorded, Tune, Utterance, Voice
from fs_app.ports.callers import Callers, KnownCaller
from fs_app.ports.cashier import Cashier, PaymentOutcome
from fs_app.ports.checkpoints import Checkpoints
from fs_app.ports.console import (
    AssistRecord,
    CallbackRecord,
    CallbackState,
    DeskView,
    HandoverRecord,
    LiveRecord,
    NoteRecord,
    OrderRecord,
    QueueFigures,
)
from fs_app.ports.desk import (
    BillNote,
    CallbackRequest,
    Context,
    Desk,
    FailureNote,
    HandoverTicket,
    LiveCall,
    LiveCalls,
    Order,
    OrderKind,
    PaymentNote,
)
from fs_app.ports.gateway import (
    BatchLine,
    ChargeRequest,
    Dispute,
    Gateway,
    GatewayOffice,
    GatewayTrouble,
    Hint,
    Hints,
)
from fs_app.ports.ledger import DisputeBook, Ledger, LedgerEvent, PaymentHistory, RefundBook, Task, TaskKind, Tasks
from fs_app.ports.messages import (
    AgreementNews,
    Delivery,
    LinkRecord,
    LinkRequest,
    Links,
    Message,
    Messenger,
    Outbox,
    PayLink,
    Receipt,
    ReceiptKind,
    ReceiptState,
)
from fs_app.ports.methods import Consent, ConsentId, ConsentKind, Consents, SavedMethods
from fs_app.ports.offers import MOST_OFFERED, Appointments, Subscriptions
from fs_app.ports.proofs import Proofs
from fs_app.ports.surroundings import Clock, Journal
from fs_app.ports.surveys import SurveyAnswer, Surveys
from fs_app.ports.vault import Changed, Deleted, MethodRecord, Vault

__all__ = [
    "CHANNEL_PHRASES",
    "MOST_BILLS",
    "MOST_OFFERED",
    "AgreementDeed",
    "AgreementEvent",
    "AgreementNews",
    "Agreements",
    "Appointments",
    "AssistRecord",
    "Audit",
    "AuditEntry",
    "BatchLine",
    "BillNote",
    "CallbackRecord",
    "CallbackRequest",
    "CallbackState",
    "Callers",
    "Cancelled",
    "Cashier",
    "Changed",
    "Channel",
    "ChargeRequest",
    "Checkpoints",
    "Clock",
    "Consent",
    "ConsentId",
    "ConsentKind",
    "Consents",
    "Context",
    "Deed",
    "Deleted",
    "Delivery",
    "Desk",
    "DeskView",
    "Directory",
    "Dispute",
    "DisputeBook",
    "FailureNote",
    "Gateway",
    "GatewayOffice",
    "GatewayRecord",
    "GatewayTrouble",
    "Handover",
    "HandoverRecord",
    "HandoverTicket",
    "Hint",
    "Hints",
    "Journal",
    "KnownCaller",
    "Ledger",
    "LedgerEvent",
    "LinkRecord",
    "LinkRequest",
    "Links",
    "LiveCall",
    "LiveCalls",
    "LiveRecord",
    "Message",
    "Messenger",
    "MethodRecord",
    "NoteRecord",
    "Order",
    "OrderKind",
    "OrderRecord",
    "Outbox",
    "PayLink",
    "PaymentHistory",
    "PaymentNote",
    "PaymentOutcome",
    "Proofs",
    "QueueFigures",
    "Receipt",
    "ReceiptKind",
    "ReceiptState",
    "Recorded",
    "RefundBook",
    "SavedMethods",
    "Subscriptions",
    "SurveyAnswer",
    "Surveys",
    "Task",
    "TaskKind",
    "Tasks",
    "Tune",
    "Utterance",
    "Vault",
    "Voice",
]
