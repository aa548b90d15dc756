"""Names of the lake in an account: `orders` → `"AwsDataCatalog"."<lake database>"."orders"`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from sqlglot import exp

from enishi.lake import sql
from enishi.lake.schema import Table, named
from enishi.settings import Settings

CATALOG = "AwsDataCatalog"
Tree = TypeVar("Tree", bound=exp.Expr)


class Names:
    """The databases of one environment. Work tables stand in the staging database, staged rows as `staging_<table>`."""

    def __init__(self, settings: Settings) -> None:
        self._databases: Mapping[str, str] = {
            "lake": settings.lake_database,
            "pii": settings.pii_database,
            "work": settings.staging_database,
            "staging": settings.staging_database,
        }

    def table(self, declared: Table) -> exp.Table:
        """The table itself."""
        return exp.table_(declared.name, db=self._databases[declared.database], catalog=CATALOG, quoted=True)

    def resolve(self, tree: Tree) -> Tree:
        """`tree` itself, whose views are expanded, with every table by its full name."""
        for reference in list(sql.tables_of(tree)):
            if not reference.catalog:
                reference.replace(self._full(reference))
        return tree

    def _full(self, reference: exp.Table) -> exp.Table:
        alias = reference.args.get("alias") or exp.TableAlias(this=exp.to_identifier(reference.name))
        if reference.db == "staging":
            database = self._databases["staging"]
            full = exp.table_(f"staging_{reference.name}", db=database, catalog=CATALOG, quoted=True)
        else:
            full = self.table(named(reference.db, reference.name))
        full.set("alias", alias.copy())
        full.set("joins", reference.args.get("joins"))
        full.set("version", reference.args.get("version"))
        return full


def reads_personal_data(query: exp.Query) -> bool:
    """Whether a table of the personal database is named: such a query runs in the delivery step's workgroup."""
    return any(table.db == "pii" for table in query.find_all(exp.Table))
