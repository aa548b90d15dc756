"""A question about a past day reaches Athena as one."""

from __future__ import annotations

from enishi.aws.athena_names import Names
from enishi.lake.sql import parse, to_athena
from enishi.settings import Settings


def test_a_table_keeps_the_instant_that_it_is_asked_for() -> None:
    asked = parse(
        "SELECT c.customer_id FROM customers FOR TIMESTAMP AS OF TIMESTAMP '2026-11-01 00:00:00 UTC' AS c", ""
    )
    text = to_athena(Names(Settings()).resolve(asked))
    assert text == (
        'SELECT c.customer_id FROM "AwsDataCatalog"."enishi"."customers" '
        "FOR TIMESTAMP AS OF CAST('2026-11-01 00:00:00 UTC' AS TIMESTAMP(0) WITH TIME ZONE) AS c"
    )
