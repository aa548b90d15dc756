"""The Glue catalogue: its databases, every declared Iceberg table, and external tables over the work bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from constructs import Construct

from enishi.lake.schema import Monthly, Table, staged, tables
from enishi.lake.types import Type, to_glue
from infra.constructs.buckets import Buckets
from infra.databases import Databases
from infra.environments import Environment

_READS = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
_WRITES = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_ICEBERG = {"int": "int", "bigint": "long", "double": "double", "boolean": "boolean"}


class Catalog(Construct):
    """Tables as `enishi.lake.schema` declares them; a declaration that grows is a change of the stack."""

    def __init__(self, scope: Construct, environment: Environment, buckets: Buckets) -> None:
        super().__init__(scope, "Catalog")
        names = Databases(environment)
        self._databases = {name: self._database(name) for name in (names.lake, names.personal, names.staging)}
        work = f"s3://{buckets['work'].bucket_name}"
        homes = {"lake": (names.lake, buckets["lake"]), "pii": (names.personal, buckets["contacts"])}
        for table in tables().values():
            if table.database == "work":
                self._folders(names.staging, table.name, table, work)
                continue
            database, bucket = homes[table.database]
            self._iceberg(database, table, f"s3://{bucket.bucket_name}/{table.name}")
            self._folders(names.staging, f"staging_{table.name}", staged(table), work)

    def _database(self, name: str) -> glue.CfnDatabase:
        return glue.CfnDatabase(
            self,
            name,
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=name, description="Enishi"),
        )

    def _iceberg(self, database: str, table: Table, location: str) -> None:
        """An Iceberg table with its partitions, as Glue makes it; Athena writes it from then on."""
        made = glue.CfnTable.IcebergTableInputProperty(
            location=location,
            schema=glue.CfnTable.IcebergSchemaProperty(type="struct", fields=iceberg_fields(table)),
            partition_spec=_partitions(table),
            properties={"format-version": "2", "write.parquet.compression-codec": "snappy"},
        )
        self._table(
            database,
            table.name,
            name=table.name,
            open_table_format_input=glue.CfnTable.OpenTableFormatInputProperty(
                iceberg_input=glue.CfnTable.IcebergInputProperty(
                    metadata_operation="CREATE", version="2", iceberg_table_input=made
                )
            ),
        )

    def _folders(self, database: str, name: str, table: Table, work: str) -> None:
        """Parquet in hive folders whose names a query must say (injected projection): no crawler, nothing to add."""
        folders, location = table.partition_columns, f"{work}/{table.name}"
        inside = [column for column in table.columns if column.name not in folders]
        storage = glue.CfnTable.StorageDescriptorProperty(
            columns=[glue.CfnTable.ColumnProperty(name=one.name, type=to_glue(one.kind)) for one in inside],
            location=f"{location}/",
            serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=_SERDE),
            input_format=_READS,
            output_format=_WRITES,
        )
        given = glue.CfnTable.TableInputProperty(
            name=name,
            table_type="EXTERNAL_TABLE",
            storage_descriptor=storage,
            partition_keys=[glue.CfnTable.ColumnProperty(name=folder, type="string") for folder in folders],
            parameters=_projection(folders, location),
        )
        self._table(database, name, table_input=given)

    def _table(self, database: str, table: str, **given: Any) -> None:
        made = glue.CfnTable(self, f"{database}.{table}", catalog_id=Aws.ACCOUNT_ID, database_name=database, **given)
        made.add_resource_dependency(self._databases[database])


def iceberg_fields(table: Table) -> list[glue.CfnTable.IcebergStructFieldProperty]:
    """The columns with Iceberg's ids: columns first, 1 to n, then what is inside arrays and maps."""
    inside = count(len(table.columns) + 1)
    return [
        glue.CfnTable.IcebergStructFieldProperty(
            id=number, name=column.name, required=False, type=_iceberg_text(column.kind, inside), doc=column.meaning
        )
        for number, column in enumerate(table.columns, start=1)
    ]


def _iceberg_text(kind: Type, ids: count[int]) -> str:
    made = _iceberg_type(kind, ids)
    return made if isinstance(made, str) else json.dumps(made)


def _iceberg_type(kind: Type, ids: count[int]) -> str | dict[str, Any]:
    if kind.name == "array":
        element = next(ids)
        inner = _iceberg_type(kind.inside[0], ids)
        return {"type": "list", "element-id": element, "element": inner, "element-required": False}
    if kind.name == "map":
        key, value = next(ids), next(ids)
        keys, values = (_iceberg_type(part, ids) for part in kind.inside)
        return {"type": "map", "key-id": key, "key": keys, "value-id": value, "value": values, "value-required": False}
    return _ICEBERG.get(kind.name, str(kind))


def _partitions(table: Table) -> glue.CfnTable.IcebergPartitionSpecProperty | None:
    if not isinstance(table.partition, Monthly):
        return None
    column, by = table.partition.column, table.partition.by
    field = glue.CfnTable.IcebergPartitionFieldProperty(
        name=f"{column}_{by}", transform=by, source_id=table.names.index(column) + 1, field_id=1000
    )
    return glue.CfnTable.IcebergPartitionSpecProperty(fields=[field], spec_id=0)


def _projection(folders: Sequence[str], location: str) -> Mapping[str, str]:
    template = "/".join(f"{folder}=${{{folder}}}" for folder in folders)
    kinds = {f"projection.{folder}.type": "injected" for folder in folders}
    described = {"classification": "parquet", "projection.enabled": "true"}
    return {**described, **kinds, "storage.location.template": f"{location}/{template}"}
