"""Questions to the server: the text that Athena would run, over the files that the local lake wrote."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

import trino
from sqlglot import exp
from trino.exceptions import Error, TrinoQueryError

from enishi.aws.athena_names import Names
from enishi.aws.athena_spills import reading
from enishi.lake import schema
from enishi.lake.schema import SPILL, Table
from enishi.lake.sql import divided, expand_views, tables_of, to_athena
from enishi.local.catalog import LocalCatalog
from enishi.settings import Settings
from tests.trino.asked import Asked, World
from tests.trino.compare import Answer
from tests.trino.server import CATALOG

_SPILLS = "spills"


class Refused(Exception):  # noqa: N818 an outcome that is compared
    """What Trino says against a statement."""

    def __init__(self, reason: str, statement: str) -> None:
        super().__init__(reason)
        self.statement = statement


class Client:
    """One server; several threads may ask at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._known: set[tuple[str, str]] = set()
        self._catalogs: dict[str, LocalCatalog] = {}
        self._runs = count()
        self._stages: dict[str, int] = {}
        self.divided = 0
        """Questions of which a part was written first."""
        self._run(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{_SPILLS}")

    def ask(self, asked: Asked) -> tuple[str, Answer]:
        """The statement and its answer. What Athena would write first is written first, and goes afterwards.

        Raises:
            Refused: the server does not run it.
        """
        if asked.world is not None:
            self._register(asked.world, _read(asked.query))
        if not asked.run:
            text = statement(asked, asked.query)
            return text, self._run(f"EXPLAIN (TYPE VALIDATE) {text}")
        with self._spilled(asked) as whole:
            text = statement(asked, whole)
            answer = self._run(text)
        self._stages[asked.label] = max(answer.stages, self._stages.get(asked.label, 0))
        return text, answer

    def most_stages(self, shown: int = 5) -> str:
        """The cases whose plans had the most stages, and how many."""
        largest = sorted(self._stages.items(), key=lambda one: -one[1])[:shown]
        return ", ".join(f"{stages} ({label})" for label, stages in largest)

    @contextmanager
    def _spilled(self, asked: Asked) -> Iterator[exp.Query]:
        parts = divided(expand_views(asked.query))
        self.divided += bool(parts.first)
        made: dict[str, exp.Table] = {}
        try:
            for name, body in parts.first.items():
                target = exp.table_(f"{SPILL}{next(self._runs)}", db=_SPILLS, catalog=CATALOG, quoted=True)
                text = statement(asked, reading(body, made))
                self._run(f"CREATE TABLE {to_athena(target)} AS {text}")
                made[name] = target
            yield reading(parts.rest, made)
        finally:
            for target in made.values():
                self._run(f"DROP TABLE {to_athena(target)}")

    def _register(self, world: World, read: Iterable[Table]) -> None:
        """Let the catalogue know the world's tables where they stand."""
        with self._lock:
            for declared in read:
                database = _databases(world)[declared.database]
                if (database, declared.name) not in self._known:
                    self._run(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{database}")
                    self._run(_registration(database, declared, self._metadata(world, declared)))
                    self._known.add((database, declared.name))

    def _metadata(self, world: World, declared: Table) -> str:
        """The file that says what the table is now; a table that nobody has asked for yet is made."""
        if world.name not in self._catalogs:
            self._catalogs[world.name] = LocalCatalog(world.home)
        return str(self._catalogs[world.name].open(declared).metadata_location)

    def _run(self, text: str) -> Answer:
        cursor = self._connection().cursor()
        try:
            cursor.execute(text)
            rows = tuple(tuple(row) for row in cursor.fetchall())
        except TrinoQueryError as error:
            raise Refused(f"{error.error_name}: {error.message}", text) from None
        except Error as error:
            raise Refused(str(error), text) from None
        columns = tuple((column.name, column.type_code) for column in cursor.description or ())
        return Answer(columns, rows, _stages(cursor.stats.get("rootStage")))

    def _connection(self) -> trino.dbapi.Connection:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = trino.dbapi.connect(
                host="127.0.0.1", port=self._port, user="tests", catalog=CATALOG, timezone="UTC"
            )
        connection: trino.dbapi.Connection = self._threads.connection
        return connection


def statement(asked: Asked, query: exp.Query) -> str:
    """A query of `asked` as the Athena adapter writes it, with the world's databases."""
    expanded = expand_views(query)
    if asked.world is not None:
        databases = _databases(asked.world)
        settings = Settings(lake_database=databases["lake"], pii_database=databases["pii"])
        expanded = Names(settings).resolve(expanded)
    return to_athena(expanded)


def _stages(root: Mapping[str, Any] | None) -> int:
    """How many stages the plan had."""
    return 1 + sum(_stages(stage) for stage in root["subStages"]) if root else 0


def _databases(world: World) -> dict[str, str]:
    return {"lake": world.name, "pii": f"{world.name}_pii"}


def _read(query: exp.Query) -> list[Table]:
    found = {(table.db, table.name) for table in tables_of(expand_views(query)) if not table.catalog}
    return [schema.named(*name) for name in sorted(found)]


def _registration(database: str, declared: Table, metadata: str) -> str:
    folder, _, file = metadata.rpartition("/metadata/")
    return f"CALL {CATALOG}.system.register_table('{database}', '{declared.name}', '{folder}', '{file}')"
