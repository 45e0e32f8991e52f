"""One file per thing a caller does. `STEPS` is every step by its YAML name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fs_app.flow.step import Step
from fs_app.steps.agent import Agent
from fs_app.steps.announce import Announce
from fs_app.steps.authorise_debit import AuthoriseDebit
from fs_app.steps.cancel_agreements import CancelAgreements
from fs_app.steps.charge import Charge
from fs_app.steps.choose_amount import ChooseAmount
from fs_app.steps.choose_bills import ChooseBills
from fs_app.steps.choose_date import ChooseDate
from fs_app.steps.choose_gift import ChooseGift
from fs_app.steps.choose_language import ChooseLanguage
from fs_app.steps.choose_means import ChooseMeans
from fs_app.steps.choose_plan import ChoosePlan
from fs_app.steps.choose_recurring import ChooseRecurring
from fs_app.steps.choose_renewal import ChooseRenewal
from fs_app.steps.collect_bank_account import CollectBankAccount
from fs_app.steps.collect_card import CollectCard
from fs_app.steps.confirm_agreement import ConfirmAgreement
from fs_app.steps.confirm_payment import ConfirmPayment
from fs_app.steps.correct_card import CorrectCard
from fs_app.steps.find_bill import FindBill
from fs_app.steps.find_payment import FindPayment
from fs_app.steps.hang_up import HangUp
from fs_app.steps.identify import Identify
from fs_app.steps.manage_methods import ManageMethods
from fs_app.steps.menu import Menu
from fs_app.steps.offer_saving import OfferSaving
from fs_app.steps.reply_appointment import ReplyAppointment
from fs_app.steps.send_link import SendLink
from fs_app.steps.survey import Survey
from fs_app.steps.tell_agreements import TellAgreements
from fs_app.steps.tell_appointment import TellAppointment
from fs_app.steps.tell_balance import TellBalance
from fs_app.steps.tell_copay import TellCopay
from fs_app.steps.tell_credit import TellCredit
from fs_app.steps.tell_payments import TellPayments
from fs_app.steps.tell_result import TellResult
from fs_app.steps.tell_subscription import TellSubscription

# In the order of a call, which is the order of docs/flows.md.
_ALL: tuple[type[Step], ...] = (
    ChooseLanguage,
    Announce,
    Menu,
    Identify,
    FindBill,
    TellBalance,
    TellPayments,
    FindPayment,
    TellCredit,
    ChooseBills,
    TellSubscription,
    ChooseRenewal,
    TellAppointment,
    ReplyAppointment,
    TellCopay,
    ChooseGift,
    ChooseAmount,
    ChooseMeans,
    CollectCard,
    CorrectCard,
    CollectBankAccount,
    SendLink,
    ConfirmPayment,
    AuthoriseDebit,
    OfferSaving,
    Charge,
    TellResult,
    ManageMethods,
    ChooseDate,
    ChoosePlan,
    ChooseRecurring,
    ConfirmAgreement,
    TellAgreements,
    CancelAgreements,
    Survey,
    Agent,
    HangUp,
)

STEPS: Mapping[str, type[Step]] = MappingProxyType({step.do: step for step in _ALL})
