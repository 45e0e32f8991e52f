"""What an operator's statement is told before any database sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fs_app.store.sql_shapes import SHAPES, text_problems


def told(sql: str) -> str:
    """The complaints about a statement for ``account_by_number``."""
    return "\n".join(text_problems(sql, SHAPES["account_by_number"]))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, number FROM a WHERE number = :number",
        "  select id from a where number=:number",
        "WITH x AS (SELECT 1) SELECT * FROM x WHERE number = :number",
        "SELECT ';' AS x, 'DELETE' AS y, \"update\" AS z FROM a WHERE number = :number -- into ; delete",
        "SELECT REPLACE(number, '-', ''), TRUNCATE(due, 2) FROM a WHERE number = :number /* ; */",
        "SELECT '10:30' FROM a WHERE number = :number AND n <> :number",
    ],
)
def test_a_statement_that_reads(sql: str) -> None:
    assert told(sql) == ""


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DELETE FROM a WHERE number = :number", "should start with SELECT or WITH"),
        ("", "should start with SELECT or WITH"),
        ("SELECTED", "should start with SELECT or WITH"),
        ("SELECT 1; DROP TABLE a", "one statement only"),
        ("SELECT 1 WHERE :number = 'a'';' ; SELECT 2", "one statement only"),
        ("SELECT * INTO OUTFILE '/tmp/x' FROM a WHERE number = :number", "'INTO' is not for here"),
        ("WITH x AS (SELECT 1) DELETE FROM a WHERE number = :number", "'DELETE' is not for here"),
        ("SELECT * FROM a WHERE number = :number FOR UPDATE", "'UPDATE' is not for here"),
        ("SELECT * FROM a WHERE number = :number LOCK IN SHARE MODE", "'LOCK IN' is not for here"),
        ("SELECT * FROM a WHERE number = '%s'", ":number is missing"),
        ("SELECT * FROM a WHERE number = :number AND pin = :pin", "unknown parameter :pin; :number is known"),
    ],
)
def test_a_statement_that_does_not(sql: str, message: str) -> None:
    assert message in told(sql)


DOC = Path(__file__).parents[3] / "docs" / "billing-database.md"


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_the_documentation_names_every_column_and_its_example_is_good(name: str) -> None:
    text = DOC.read_text()
    first, *more = (yaml.safe_load(block.split("```")[0]) for block in text.split("```yaml")[1:])
    statements = {**first["directory"]["statements"], **{key: sql for each in more for key, sql in each.items()}}
    assert text_problems(statements[name], SHAPES[name]) == []
    missing = {
        column for column in {*SHAPES[name].known, f":{SHAPES[name].parameter}"} if f"`{column}`" not in text
    }
    assert missing == set()
