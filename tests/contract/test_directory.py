"""The Directory port: our tables and the operator's own SQL, each on SQLite and on MariaDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import gevent
import pytest
from argon2 import PasswordHasher
from sqlalchemy import insert, select, text
from structlog.testing import capture_logs

from fs_app.domain.bill import Account, Bill, BillKind
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Declined, PaymentRequest, Submitted, TransactionId, Voided
from fs_app.errors import StoreUnavailable
from fs_app.ports import Directory
from fs_app.settings import StatementSettings
from fs_app.store import pins
from fs_app.store.demo_data import DEMO_PIN, insert_demo_data
from fs_app.store.directory import TableDirectory
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.pins import hash_pin
from fs_app.store.sql_directory import SqlDirectory
from fs_app.store.tables import accounts, bills
from fs_app.testing.fakes_payments import StandingClock

TODAY = date(2026, 3, 14)
DUE = TODAY + timedelta(days=14)
T1 = TransactionId("t1")
BORN = date(1980, 3, 4)

# An operator's billing database: other names, other types, money with decimals.
THEIR_TABLES = (
    "CREATE TABLE customer (cust_no INTEGER PRIMARY KEY, login VARCHAR(20), phone VARCHAR(20), active SMALLINT,"
    " zip VARCHAR(10), pin VARCHAR(255), receipts VARCHAR(255), client VARCHAR(20), born DATE,"
    " credit DECIMAL(10,2), surname VARCHAR(40))",
    "CREATE TABLE invoice (inv INTEGER PRIMARY KEY, cust_no INTEGER, open_amount DECIMAL(10,2), cur CHAR(3),"
    " due DATE, as_of DATETIME, least DECIMAL(10,2), printed VARCHAR(20), kind VARCHAR(16), late DECIMAL(10,2),"
    " off DECIMAL(10,2), off_until DATE)",
)
CUSTOMER = (
    "SELECT customer.cust_no AS id, login AS number, 1 - active AS closed, zip AS postal_code, pin AS pin_hash,"
    " receipts AS receipt_to, born AS birth_date, credit, 'USD' AS credit_currency, surname AS last_name"
    " FROM customer"
)
INVOICE = (
    "SELECT inv AS id, cust_no AS account_id, open_amount AS due, cur AS currency, due AS due_date,"
    " as_of AS balance_as_of, least AS minimum, printed AS number, kind, late AS late_fee, off AS discount,"
    " off_until AS discount_until FROM invoice"
)
THEIR_STATEMENTS = StatementSettings(
    account_by_number=f"{CUSTOMER} WHERE login = :number;",
    account_by_caller_id=f"{CUSTOMER} WHERE phone = :caller_id",
    account_by_customer_number=f"{CUSTOMER} WHERE client = :customer_number",
    account_by_bill_number=f"{CUSTOMER} JOIN invoice ON invoice.cust_no = customer.cust_no"
    " WHERE printed = :bill_number",
    open_bills=f"{INVOICE.replace(' cust_no AS account_id,', '')} WHERE cust_no = :account_id AND open_amount > 0"
    " ORDER BY invoice.due, inv",
    bill_by_number=f"{INVOICE} WHERE printed = :bill_number",
)


class TableWorld:
    """The demo accounts in our tables."""

    def __init__(self, database: Database, _theirs: Database) -> None:
        insert_demo_data(database, TODAY)
        self.directory: Directory = TableDirectory(database, StandingClock())
        self._database = database

    def add_account(self, number: str, phone: str, receipt_to: str | None = None) -> None:
        """Another customer, with all that can be known of one."""
        values = {"id": number, "number": number, "telephone": phone, "receipt_to": receipt_to,
                  "customer_number": f"7{number}", "birth_date": BORN, "credit_minor": 5000,
                  "credit_currency": "USD", "last_name": "Doe"}  # fmt: skip
        self._database.write(lambda connection: _run(connection.execute(insert(accounts).values(values))))

    def add_bill(
        self, bill_id: int, account_id: str, minor: int, due: date | None, least: int | None = None, **more: Any
    ) -> None:
        """Another bill; ``more`` are columns of our table."""
        money = {"amount_minor": minor, "minimum_minor": least, "currency": "USD"}
        values = {"id": str(bill_id), "account_id": account_id, "due_date": due, **money, **more}
        self._database.write(lambda connection: _run(connection.execute(insert(bills).values(values))))


class SqlWorld:
    """The same customers in the operator's database."""

    def __init__(self, database: Database, theirs: Database) -> None:
        if theirs.path is not None:
            theirs.path.touch()
        pin = hash_pin(DEMO_PIN)
        self._theirs = theirs
        for statement in THEIR_TABLES:
            self._write(statement)
        for number, phone, active, zip_code, pin_hash, receipts in (
            ("10001", "14155550101", 1, None, pin, "sms:+15550100001"),
            ("10002", None, 1, "94107", None, "mail:10002@example.org"),
            ("10003", None, 1, None, pin, None),
            ("10004", None, 0, None, pin, ""),
        ):
            self._write(
                "INSERT INTO customer (cust_no, login, phone, active, zip, pin, receipts)"
                " VALUES (:no, :login, :phone, :active, :zip, :pin, :receipts)",
                no=int(number), login=number, phone=phone, active=active, zip=zip_code, pin=pin_hash,
                receipts=receipts,
            )  # fmt: skip
        self.add_bill(1, "10001", 4250, DUE)
        self.directory: Directory = SqlDirectory(theirs, THEIR_STATEMENTS, database, StandingClock())

    def add_account(self, number: str, phone: str, receipt_to: str | None = None) -> None:
        """Another customer, with all that can be known of one."""
        self._write(
            "INSERT INTO customer VALUES (:no, :login, :phone, 1, '', '', :receipts, :client, :born, 50, 'Doe')",
            no=int(number), login=number, phone=phone, receipts=receipt_to, client=f"7{number}", born=BORN,
        )  # fmt: skip

    def add_bill(
        self, bill_id: int, account_id: str, minor: int, due: date | None, least: int | None = None, **more: Any
    ) -> None:
        """Another bill, as it stood an hour before the clock of the tests; ``more`` are columns of our table."""
        self._write(
            "INSERT INTO invoice VALUES (:inv, :no, :amount, 'USD', :due, '2026-03-14 14:09:26', :least, :printed,"
            " :kind, :late, :off, :until)",
            inv=bill_id, no=int(account_id), amount=dollars(minor), due=due, least=dollars(least),
            printed=more.get("number"), kind=more.get("kind"), late=dollars(more.get("late_fee_minor")),
            off=dollars(more.get("discount_minor")), until=more.get("discount_until"),
        )  # fmt: skip

    def _write(self, statement: str, **values: object) -> None:
        self._theirs.write(lambda connection: _run(connection.execute(text(statement), values)))


World = TableWorld | SqlWorld


def dollars(minor: int | None) -> str | None:
    """As their tables have it: with decimals."""
    return None if minor is None else str(Money(minor, "USD").decimal())


def _run(_: object) -> None:
    """Nothing of a result."""


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little: every test of this file makes some."""
    monkeypatch.setattr(pins, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def theirs(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Database]:
    """The operator's database, of the same kind as ours."""
    if database_url.startswith("sqlite"):
        path = tmp_path / "theirs.sqlite"
        path.touch()
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("mariadb").new_database()
    made = Database(url)
    yield made
    made.close()


@pytest.fixture(params=[TableWorld, SqlWorld])
def world(request: pytest.FixtureRequest, database: Database, theirs: Database) -> World:
    """Each adapter with the same customers."""
    made: World = request.param(database, theirs)
    return made


def found(account: Account | None) -> Account:
    """The account, which must be there."""
    assert account is not None
    return account


class TestDirectory:
    def test_an_account_by_its_number(self, world: World) -> None:
        account = found(world.directory.by_number("10002"))
        assert (account.number, account.closed, account.postal_code) == ("10002", False, "94107")
        assert account.pin_hash is None
        assert isinstance(account.id, str)
        assert found(world.directory.by_number("10004")).closed

    @pytest.mark.parametrize("number", ["99999", "", "10001 OR 1=1", "' OR ''='", "1000%"])
    def test_no_such_number(self, world: World, number: str) -> None:
        assert world.directory.by_number(number) is None

    @pytest.mark.parametrize("caller_id", ["+14155550101", "14155550101", "0014155550101", "+1 (415) 555-0101"])
    def test_an_account_by_caller_id(self, world: World, caller_id: str) -> None:
        assert found(world.directory.by_caller_id(caller_id)).number == "10001"

    @pytest.mark.parametrize("caller_id", ["anonymous", "", "+", "14155550199", "1415555010", "${x}", "'"])
    def test_no_such_caller_id(self, world: World, caller_id: str) -> None:
        assert world.directory.by_caller_id(caller_id) is None

    def test_a_telephone_that_two_accounts_share_is_nobody(self, world: World) -> None:
        world.add_account("20001", "14155550101")
        assert world.directory.by_caller_id("+14155550101") is None
        assert found(world.directory.by_number("20001")).number == "20001"

    def test_where_receipts_go(self, world: World) -> None:
        assert found(world.directory.by_number("10001")).receipt_to == Contact.parse("sms:+15550100001")
        assert found(world.directory.by_number("10002")).receipt_to == Contact.parse("mail:10002@example.org")
        assert found(world.directory.by_number("10003")).receipt_to is None
        assert found(world.directory.by_number("10004")).receipt_to is None

    @pytest.mark.parametrize("text", ["+15550100002", "sms:555-0100", "mail:a@b@example.org", "fax:+15550100002"])
    def test_an_address_that_is_none_is_told_without_its_text(self, world: World, text: str) -> None:
        world.add_account("20002", "14155550102", text)
        with capture_logs() as log:
            account = found(world.directory.by_number("20002"))
        assert account.receipt_to is None
        assert [(line["event"], line["account"]) for line in log] == [("bad_receipt_to", account.id)]
        assert text not in str(log)

    def test_pins(self, world: World) -> None:
        with_pin = found(world.directory.by_number("10001"))
        assert world.directory.pin_matches(with_pin, "1234")
        assert not world.directory.pin_matches(with_pin, "1235")
        assert not world.directory.pin_matches(with_pin, "")
        without = found(world.directory.by_number("10002"))
        assert not world.directory.pin_matches(without, "1234")
        assert not world.directory.pin_matches(without, "")
        assert not world.directory.pin_matches(None, "1234")

    def test_a_hash_that_is_none_matches_nothing(self, world: World) -> None:
        assert not world.directory.pin_matches(Account("x", "1", pin_hash="1234"), "1234")

    def test_what_is_due(self, world: World) -> None:
        (bill,) = world.directory.open_bills(found(world.directory.by_number("10001")))
        assert (bill.due, bill.due_date) == (Money(4250, "USD"), DUE)
        assert world.directory.open_bills(found(world.directory.by_number("10003"))) == []

    def test_the_oldest_bill_comes_first(self, world: World) -> None:
        account = found(world.directory.by_number("10003"))
        account_id = account.id
        world.add_bill(71, account_id, 300, TODAY + timedelta(days=2))
        world.add_bill(72, account_id, 200, TODAY + timedelta(days=1))
        told = [(bill.id, bill.due.minor, bill.account_id) for bill in world.directory.open_bills(account)]
        assert told == [("72", 200, account_id), ("71", 300, account_id)]

    def test_of_very_many_bills_the_oldest_are_told(self, world: World) -> None:
        account = found(world.directory.by_number("10003"))
        for number in range(25):
            world.add_bill(100 + number, account.id, 300, TODAY - timedelta(days=number))
        dates = [bill.due_date for bill in world.directory.open_bills(account)]
        assert dates == [TODAY - timedelta(days=number) for number in range(24, 4, -1)]

    def test_what_else_is_known_of_an_account(self, world: World) -> None:
        world.add_account("20001", "14155550102")
        account = found(world.directory.by_customer_number("720001"))
        assert (account.number, account.birth_date, account.credit) == ("20001", BORN, Money(5000, "USD"))
        assert account.holder is not None
        assert (account.holder.last_name, account.holder.first_name) == ("Doe", "")
        assert found(world.directory.by_number("10001")).holder is None

    def test_a_bill_and_its_account_by_what_is_printed_on_it(self, world: World) -> None:
        account = found(world.directory.by_number("10003"))
        world.add_bill(71, account.id, 300, DUE, number="556677", kind="fine")
        bill = world.directory.bill_by_number("556677")
        assert bill is not None
        assert (bill.id, bill.number, bill.kind, bill.account_id) == ("71", "556677", BillKind.FINE, account.id)
        assert found(world.directory.by_bill_number("556677")).number == "10003"

    @pytest.mark.parametrize("number", ["", "556678", "55667", "' OR ''='"])
    def test_no_such_customer_and_no_such_bill(self, world: World, number: str) -> None:
        world.add_bill(71, found(world.directory.by_number("10003")).id, 300, DUE, number="556677")
        assert world.directory.bill_by_number(number) is None
        assert world.directory.by_bill_number(number) is None
        assert world.directory.by_customer_number(number) is None

    @pytest.mark.parametrize(
        ("days", "due", "late", "off"),
        [(0, 3000, None, None), (-1, 3500, 500, None), (14, 2700, None, 300)],
        ids=["on the day", "the day after", "early"],
    )
    def test_a_late_fee_and_a_discount_by_the_operators_day(
        self, world: World, days: int, due: int, late: int | None, off: int | None
    ) -> None:
        account = found(world.directory.by_number("10003"))
        until = TODAY if days == 14 else TODAY - timedelta(days=1)
        world.add_bill(71, account.id, 3000, TODAY + timedelta(days=days), number="71", late_fee_minor=500,
                       discount_minor=300, discount_until=until)  # fmt: skip
        (bill,) = world.directory.open_bills(account)
        assert bill.due.minor == due
        assert (bill.late_fee and bill.late_fee.minor, bill.discount and bill.discount.minor) == (late, off)
        assert world.directory.bill_by_number("71") == bill

    def test_a_bill_that_was_paid_in_time_bears_no_late_fee_the_day_after(
        self, world: World, database: Database
    ) -> None:
        account = found(world.directory.by_number("10003"))
        world.add_bill(71, account.id, 3000, TODAY - timedelta(days=1), number="71", late_fee_minor=500)
        ledger = SqlLedger(database, StandingClock())
        payment = ledger.open(PaymentRequest("uuid", account.id, "71", Money(3000, "USD")))
        ledger.record(payment.id, Approved(T1, Money(3000, "USD")))
        ledger.record(payment.id, Submitted(T1))
        assert world.directory.open_bills(account) == []
        bill = world.directory.bill_by_number("71")
        assert bill is not None
        assert (bill.due, bill.late_fee, bill.taken) == (Money(0, "USD"), None, Money(3000, "USD"))

    def test_a_minimum_goes_down_with_each_payment_and_away(self, world: World, database: Database) -> None:
        ledger = SqlLedger(database, StandingClock())
        account = found(world.directory.by_number("10003"))
        world.add_bill(71, account.id, 9000, TODAY, 2500)
        seen = []
        for minor in (0, 1000, 1500, 500):
            if minor:
                payment = ledger.open(PaymentRequest("uuid", account.id, "71", Money(minor, "USD")))
                ledger.record(payment.id, Approved(T1, payment.request.amount))
                ledger.record(payment.id, Submitted(T1))
            (bill,) = world.directory.open_bills(account)
            seen.append((bill.due.minor, bill.minimum and bill.minimum.minor))
        assert seen == [(9000, 2500), (8000, 1500), (6500, None), (6000, None)]

    def test_a_payment_lowers_what_is_due_as_soon_as_it_is_taken(self, world: World, database: Database) -> None:
        ledger = SqlLedger(database, StandingClock())
        account = found(world.directory.by_number("10001"))

        def due() -> Money:
            return sum((bill.due for bill in world.directory.open_bills(account)), Money(0, "USD"))

        (bill,) = world.directory.open_bills(account)
        request = PaymentRequest("uuid", account.id, bill.id, Money(1000, "USD"))
        declined = ledger.open(request)
        ledger.record(declined.id, Declined("2000"))
        payment = ledger.open(request)
        assert due() == Money(4250, "USD")
        ledger.record(payment.id, Approved(T1, request.amount))
        assert due() == Money(4250, "USD")
        ledger.record(payment.id, Submitted(T1))
        assert due() == Money(3250, "USD")
        (told,) = world.directory.open_bills(account)
        assert told.taken == Money(1000, "USD")
        rest = ledger.open(PaymentRequest("uuid", account.id, bill.id, Money(3250, "USD")))
        ledger.record(rest.id, Approved(T1, rest.request.amount))
        ledger.record(rest.id, Submitted(T1))
        assert due() == Money(0, "USD")
        ledger.record(payment.id, Voided(T1))
        assert due() == Money(1000, "USD")

    def test_a_slow_hash_holds_up_nobody(self, world: World) -> None:
        slow = PasswordHasher(time_cost=4).hash("1234")
        account = Account("x", "1", pin_hash=slow)
        beats = 0

        def beat() -> None:
            nonlocal beats
            while True:
                gevent.sleep(0.001)
                beats += 1

        heart = gevent.spawn(beat)
        assert world.directory.pin_matches(account, "1234")
        heart.kill()
        assert beats >= 3


class TestOperatorsSql:
    def test_payments_before_the_operators_balance_are_in_it_already(
        self, database: Database, theirs: Database
    ) -> None:
        world = SqlWorld(database, theirs)
        clock = StandingClock()
        clock.move(-7200)  # the balance is as of an hour before the clock's time
        ledger = SqlLedger(database, clock)
        payment = ledger.open(PaymentRequest("uuid", "10001", "1", Money(1000, "USD")))
        ledger.record(payment.id, Approved(T1, Money(1000, "USD")))
        clock.move(1800)
        ledger.record(payment.id, Submitted(T1))
        (bill,) = world.directory.open_bills(found(world.directory.by_number("10001")))
        assert bill.due == Money(4250, "USD")

    def test_good_statements_have_no_problem(self, database: Database, theirs: Database) -> None:
        world = SqlWorld(database, theirs)
        assert isinstance(world.directory, SqlDirectory)
        assert world.directory.problems() == []

    @pytest.mark.parametrize(
        ("key", "statement", "message"),
        [
            ("account_by_number", "SELECT 1 AS id, 2 AS number FROM custumer WHERE login = :number", "custumer"),
            ("account_by_number", "SELECT cust AS id, login AS number FROM customer WHERE login = :number", "cust"),
            ("account_by_number", "SELECT login AS number FROM customer WHERE login = :number", "'id' is missing"),
            ("account_by_number", "SELECT cust_no AS id, login AS number FROM customer", ":number is missing"),
            (
                "account_by_number",
                "SELECT cust_no AS id, login AS number, pin AS pinhash FROM customer WHERE login = :number",
                "did you mean 'pin_hash'?",
            ),
            ("account_by_caller_id", "SELECT 1 AS id, 2 AS number WHERE :number = 1", ":caller_id is missing"),
            ("open_bills", "SELECT inv AS id, cur AS currency FROM invoice WHERE inv = :account_id", "'due' or "),
            (
                "open_bills",
                "SELECT inv AS id, cur AS currency, 1 AS due, 2 AS due_minor FROM invoice WHERE inv = :account_id",
                "not both",
            ),
            ("open_bills", "SELEC inv", "should start with SELECT"),
            ("open_bills", "SELECT 1 AS id FROM WHERE :account_id", "the database refuses it"),
            (
                "bill_by_number",
                "SELECT inv AS id, open_amount AS due, cur AS currency FROM invoice WHERE printed = :bill_number",
                "'account_id' is missing",
            ),
            (
                "account_by_customer_number",
                "SELECT login AS id, login AS number, credit FROM customer WHERE client = :customer_number",
                "a credit needs its 'credit_currency'",
            ),
        ],
    )  # fmt: skip
    def test_a_wrong_statement_is_found_at_start(
        self, database: Database, theirs: Database, key: str, statement: str, message: str
    ) -> None:
        SqlWorld(database, theirs)
        wrong = THEIR_STATEMENTS.model_copy(update={key: statement})
        problems = SqlDirectory(theirs, wrong, database, StandingClock()).problems()
        assert [found_key for found_key, _ in problems] == [key] * len(problems)
        assert any(message in words for _, words in problems), problems

    def test_a_database_out_of_reach_is_found_at_start(self, database: Database, tmp_path: Path) -> None:
        theirs = Database(f"mysql+mysqldb://me:xyzzy@localhost/x?unix_socket={tmp_path}/none")
        ((key, message),) = SqlDirectory(theirs, THEIR_STATEMENTS, database, StandingClock()).problems()
        assert key == "url"
        assert "2002" in message
        assert "xyzzy" not in message

    def test_even_a_statement_that_slipped_through_cannot_write(self, database: Database, theirs: Database) -> None:
        SqlWorld(database, theirs)
        sneaky = THEIR_STATEMENTS.model_copy(
            update={"account_by_number": "DELETE FROM customer WHERE login = :number"}
        )
        with pytest.raises(StoreUnavailable):
            SqlDirectory(theirs, sneaky, database, StandingClock()).by_number("10001")
        left = select(text("COUNT(*)")).select_from(text("customer"))
        assert theirs.read(lambda connection: connection.execute(left).scalar()) == 4

    def test_without_a_statement_for_caller_ids_nobody_is_known_by_one(
        self, database: Database, theirs: Database
    ) -> None:
        SqlWorld(database, theirs)
        optional = (
            "account_by_caller_id",
            "account_by_customer_number",
            "account_by_bill_number",
            "bill_by_number",
        )
        fewer = THEIR_STATEMENTS.model_copy(update=dict.fromkeys(optional))
        directory = SqlDirectory(theirs, fewer, database, StandingClock())
        assert directory.problems() == []
        assert directory.by_caller_id("+14155550101") is None
        assert directory.by_customer_number("720001") is None
        assert directory.by_bill_number("71") is directory.bill_by_number("71") is None

    @pytest.mark.parametrize(
        ("columns", "due"),
        [
            ("4250 AS due_minor, 'usd' AS currency", Money(4250, "USD")),
            ("42.5 AS due, 'USD' AS currency", Money(4250, "USD")),
            ("'42.50' AS due, 'USD' AS currency", Money(4250, "USD")),
            ("42.5e0 AS due, 'USD' AS currency", Money(4250, "USD")),
            ("1200 AS due, 'JPY' AS currency", Money(1200, "JPY")),
            ("1.234 AS due, 'KWD' AS currency", Money(1234, "KWD")),
        ],
    )
    def test_money_in_every_dress(self, database: Database, theirs: Database, columns: str, due: Money) -> None:
        (bill,) = self._bills(database, theirs, columns)
        assert bill.due == due

    def test_what_the_operator_owes_is_no_open_bill(self, database: Database, theirs: Database) -> None:
        assert self._bills(database, theirs, "-1 AS due, 'USD' AS currency") == []

    @pytest.mark.parametrize(
        "columns",
        [
            "NULL AS due, 'USD' AS currency",
            "'4,250' AS due, 'USD' AS currency",
            "'1.234' AS due, 'USD' AS currency",
            "1 AS due, NULL AS currency",
            "1 AS due, 'dollars' AS currency",
            "1 AS due, 'USD' AS currency, 'soon' AS due_date",
            "1 AS due, 'USD' AS currency, 'ransom' AS kind",
        ],
    )
    def test_a_row_that_is_no_bill_is_an_error_not_a_guess(
        self, database: Database, theirs: Database, columns: str
    ) -> None:
        with pytest.raises(StoreUnavailable, match="open_bills returned a row that is no bill"):
            self._bills(database, theirs, columns)

    def _bills(self, database: Database, theirs: Database, columns: str) -> Sequence[Bill]:
        statement = f"SELECT 'b' AS id, {columns} FROM (SELECT :account_id AS x) AS y"
        odd = THEIR_STATEMENTS.model_copy(update={"open_bills": statement})
        return SqlDirectory(theirs, odd, database, StandingClock()).open_bills(Account("a", "1"))
