"""The sample retailer's files through its mappings: every file is taken, only the rows that are meant to be bad are."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from enishi.flow import ingest as flow
from enishi.lake import sql
from enishi.local.services import local_services
from enishi.sample import generate
from enishi.settings import Settings

MADE_BAD = {
    ("visits", "区分", "unknown_code"),
    ("visits", "接客日時", "impossible_date"),
    ("surveys", "点数", "not_a_number"),
    ("surveys", "設問", "missing"),
}


def test_every_file_of_the_sample_loads(tmp_path: Path) -> None:
    manifest = generate(tmp_path / "raw", 7, 400, date(2026, 11, 21))
    services = local_services(Settings(home=tmp_path / "home"))
    jobs = flow.matching(flow.catalogue(services), tmp_path / "raw")
    assert {path for _, path in jobs} == {file.path for file in manifest.files}
    rejected: Counter[tuple[str, str, str]] = Counter()
    for mapping, path in jobs:
        report = flow.ingest(services, mapping, flow.drop(services, mapping, path))
        assert report.rows_in > 0, path.name
        rejected.update({(report.source, found.column, found.reason): found.rows for found in report.rejected})
    assert set(rejected) <= MADE_BAD
    for check in CHECKS:
        assert services.warehouse.query(sql.parse(check, "check")).column(0).to_pylist() == [0], check
    services.warehouse.close()


CHECKS = (
    "SELECT COUNT(*) AS n FROM order_lines AS l LEFT JOIN orders AS o ON o.order_id = l.order_id"
    " WHERE o.order_id IS NULL",
    "SELECT COUNT(*) AS n FROM orders WHERE order_date IS NULL OR net_amount IS NULL OR store_id IS NULL",
    "SELECT COUNT(*) AS n FROM cart_lines AS l LEFT JOIN carts AS c ON c.cart_id = l.cart_id WHERE c.cart_id IS NULL",
    "SELECT COUNT(*) AS n FROM identities AS i LEFT JOIN customers AS c ON c.customer_id = i.customer_id"
    " WHERE c.customer_id IS NULL",
    "SELECT COUNT(*) AS n FROM (SELECT o.order_id FROM orders AS o JOIN order_lines AS l ON l.order_id = o.order_id"
    " GROUP BY o.order_id, o.net_amount HAVING SUM(l.line_amount) <> o.net_amount) AS differs",
)
