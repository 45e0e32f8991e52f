"""The settings file: the shipped one is right, and every mistake is told with its place, all at once."""

from pathlib import Path

import pytest

from fs_app.errors import ConfigError
from fs_app.settings import Settings, load_settings

SHIPPED = Path(__file__).parents[2] / "conf" / "fs_app.yaml"


def write(tmp_path, text):
    path = tmp_path / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text))
    return [str(problem).removeprefix(str(tmp_path) + "/") for problem in caught.value.problems]


def test_the_shipped_file_says_what_the_defaults_are(tmp_path):
    shipped, _ = load_settings(SHIPPED)
    empty, _ = load_settings(write(tmp_path, ""))
    same = {
        "database",
        "flows",
        "lines",
        "sounds",
        "messages",
        "run",
        "recordings",
    }  # paths: relative to their own file
    assert shipped.model_dump(exclude=same) == empty.model_dump(exclude=same)


def test_each_worker_of_calls_has_a_port_for_metrics(tmp_path):
    settings, _ = load_settings(write(tmp_path, "metrics: 127.0.0.1:9200\n"))
    assert [settings.metrics_of(slot) for slot in (0, 1)] == [("127.0.0.1", 9200), ("127.0.0.1", 9201)]
    assert problems(tmp_path, "jobs: {metrics: '127.0.0.1:9109'}\n") == [
        "site.yaml:1:1: jobs.metrics: 9109 is the port of calls' worker number 2"
    ]
    assert problems(tmp_path, "metrics: 127.0.0.1:65535\n") == [
        "site.yaml:1:1: metrics: there are not 2 ports from 65535 on"
    ]


def test_paths_are_relative_to_the_file(tmp_path):
    settings, _ = load_settings(write(tmp_path, "flows: my\ndatabase: {url: 'sqlite:///data/x.db'}\n"))
    assert settings.flows == tmp_path / "my"
    assert settings.sounds == tmp_path.parent / "sounds"
    assert settings.database.url == f"sqlite:///{tmp_path}/data/x.db"


def test_the_default_database_is_beside_the_file_whatever_else_is_said_of_it(tmp_path):
    for text in ("", "database: {threads: 2}\n"):
        settings, _ = load_settings(write(tmp_path, text))
        assert settings.database.url == f"sqlite:///{tmp_path.parent}/var/fs_app.sqlite"


def test_the_texts_of_receipts_are_beside_the_file_unless_it_says_where(tmp_path):
    for text, where in (("", "messages.yaml"), ("messages: {language: es}\n", "messages.yaml"),
                        ("messages: {templates: ../m.yaml}\n", "../m.yaml")):  # fmt: skip
        settings, _ = load_settings(write(tmp_path, text))
        assert settings.messages.templates == (tmp_path / where).resolve()


def test_a_provider_of_messages_with_its_keys_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SMS_KEY", "Bearer abc")
    monkeypatch.setenv("SMS_URL", "https://sms.example.net/send?key=abc")
    text = (
        "messages:\n"
        "  sms:\n"
        "    kind: http\n"
        "    url: env:SMS_URL\n"
        "    headers: {Authorization: env:SMS_KEY}\n"
        "    body: {to: ['{to}'], message: {text: '{text}'}}\n"
    )
    settings, _ = load_settings(write(tmp_path, text))
    sms = settings.messages.sms
    assert sms.url.get_secret_value() == "https://sms.example.net/send?key=abc"
    assert sms.headers["Authorization"].get_secret_value() == "Bearer abc"
    assert "abc" not in repr(settings)


def test_every_mistake_in_a_provider_of_messages(tmp_path, monkeypatch):
    monkeypatch.setenv("TWO_LINES", "a\r\nX-Other: b")
    text = (
        "messages:\n"
        "  sms: {kind: http, url: 'https://sms.example.net', body: {to: '{to}'}}\n"
        "  mail:\n"
        "    kind: http\n"
        "    url: mail.example.net\n"
        "    headers: {Authorization: env:TWO_LINES}\n"
        "    body: {to: '{too}', text: '{text}'}\n"
    )
    assert problems(tmp_path, text) == [
        "site.yaml:2:8: sms: the body needs {to} and {text}",
        "site.yaml:5:10: url: should be an address, e.g. https://sms.example.net/messages ('mail.example.net')",
        "site.yaml:6:30: Authorization: a header is one line of plain ASCII ('env:TWO_LINES')",
        "site.yaml:7:11: body: nothing is called {too} here; known: to, text, subject, key",
    ]
    assert problems(tmp_path, "messages: {mail: {headers: {X Y: z}}}\n") == [
        "site.yaml:1:28: headers: 'X Y' is no name for a header"
    ]
    assert problems(tmp_path, "messages: {sms: {kind: http}}\n") == [
        "site.yaml:1:17: sms: kind http needs a url and a body"
    ]


def test_every_mistake_at_once_with_its_place(tmp_path):
    text = (
        "calls:\n"
        "  listn: 127.0.0.1:1\n"
        "  limit: 0\n"
        "gateway: {kind: paypal}\n"
        "payments: {brands: [visa, vsa], minimum_minor: 5.5}\n"
        "timezone: Mars/Olympus\n"
        "metrics: nowhere\n"
        "directory: {kind: sql}\n"
    )
    assert problems(tmp_path, text) == [
        "site.yaml:2:3: unknown key 'listn'; did you mean 'listen'?",
        "site.yaml:3:10: limit: this should be greater than or equal to 1 ('0')",
        "site.yaml:4:17: kind: this should be 'local', 'sandbox' or 'production' ('paypal')",
        "site.yaml:5:20: brands: no brand is called 'vsa'; known: amex, diners, discover, jcb, maestro, mastercard,"
        " unionpay, visa",
        "site.yaml:5:48: minimum_minor: this should be a whole number ('5.5')",
        "site.yaml:6:11: timezone: should be a zone of the tz database, e.g. America/New_York ('Mars/Olympus')",
        "site.yaml:7:10: metrics: should be host:port, e.g. 127.0.0.1:8084 ('nowhere')",
        "site.yaml:8:12: directory: kind sql needs a url and the statements",
    ]


def test_no_yaml_no_file_no_utf8(tmp_path):
    assert problems(tmp_path, "calls: [1")[0].startswith("site.yaml:1:10: not YAML")
    with pytest.raises(ConfigError, match="cannot read the file: No such file"):
        load_settings(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"line: {flow: \xff}")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings(tmp_path / "latin.yaml")


def test_secrets_come_from_the_environment_and_are_not_shown(tmp_path, monkeypatch):
    text = "gateway: {kind: sandbox, merchant_id: m, public_key: p, private_key: 'env:FS_APP_TEST_KEY'}\n"
    monkeypatch.delenv("FS_APP_TEST_KEY", raising=False)
    assert "the environment variable FS_APP_TEST_KEY is not set" in problems(tmp_path, text)[0]
    monkeypatch.setenv("FS_APP_TEST_KEY", "very-private")
    settings, _ = load_settings(write(tmp_path, text))
    assert settings.gateway.private_key.get_secret_value() == "very-private"
    assert "very-private" not in repr(settings)


def test_a_password_in_a_wrong_url_is_not_echoed(tmp_path):
    [problem] = problems(tmp_path, "database: {url: 'postgresql://me:hush@db/x'}\n")
    assert "hush" not in problem and "site.yaml:1:17" in problem


def test_yes_and_no_are_read_as_the_admin_means_them(tmp_path):
    settings, _ = load_settings(write(tmp_path, "payments: {overpayment: yes}\nline: {flow: no, language: no}\n"))
    assert settings.payments.overpayment is True
    assert (settings.line.flow, settings.line.language) == ("no", "no")


def test_a_limit_that_says_one_thing_keeps_the_rest_of_its_default(tmp_path):
    text = "payments: {velocity: {card: {hours: 48}, bin: {declines: null}}}\n"
    settings, _ = load_settings(write(tmp_path, text))
    velocity = settings.payments.velocity
    assert (velocity.card.hours, velocity.card.attempts, velocity.card.declines) == (48, 10, 5)
    assert (velocity.bin.hours, velocity.bin.declines) == (1, None)  # null is no limit, if somebody says so


def test_a_mistake_in_a_limit_keeps_its_place(tmp_path):
    assert problems(tmp_path, "payments:\n  velocity:\n    card: {attempts: x}\n") == [
        "site.yaml:3:22: attempts: this should be a whole number ('x')"
    ]


def test_every_default_is_valid():
    assert Settings().calls.listen == ("127.0.0.1", 8084)


def test_the_operators_database_is_checked_like_ours(tmp_path):
    statements = "statements: {account_by_number: SELECT 1, open_bills: SELECT 1}"
    [problem] = problems(tmp_path, f"directory: {{kind: sql, url: 'oracle://me:hush@db/x', {statements}}}\n")
    assert "should start with sqlite:/// or mysql+mysqldb://" in problem and "hush" not in problem
    settings, _ = load_settings(write(tmp_path, f"directory: {{kind: sql, url: 'sqlite:///b.db', {statements}}}\n"))
    assert settings.directory.url.get_secret_value() == f"sqlite:///{tmp_path}/b.db"


def test_mistakes_are_told_without_words_of_python(tmp_path):
    assert problems(tmp_path, "payments: {brands: visa}\nline: {queue: 'a b', language: english}\n") == [
        "site.yaml:1:20: brands: this should be a list, e.g. [a, b] ('visa')",
        "site.yaml:2:15: queue: this is not written as it should be;"
        " allowed is ^[A-Za-z0-9_.-]{1,64}(@[A-Za-z0-9_.-]{1,64})?$ ('a b')",
        "site.yaml:2:32: language: this is not written as it should be; allowed is ^[a-z]{2,3}(_[A-Z]{2})?$"
        " ('english')",
    ]


def test_a_gateway_of_braintrees_needs_keys_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("gateway:\n  kind: sandbox\n  merchant_id: ours\n")
    with pytest.raises(ConfigError, match=r"site.yaml:2:3.*kind sandbox needs your own public_key, private_key"):
        load_settings(path)
