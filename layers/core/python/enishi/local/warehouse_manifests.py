"""Writers of manifests and of lists of manifests: pyiceberg's own, with what they work out of a schema kept.

How a record of a schema is written does not depend on the file; working it out again took a sixth of a commit.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Literal, TypeVar

from pyiceberg.avro.file import SYNC_SIZE, AvroOutputFile
from pyiceberg.avro.resolver import resolve_writer
from pyiceberg.avro.writer import Writer
from pyiceberg.io import OutputFile
from pyiceberg.manifest import (
    DEFAULT_READ_VERSION,
    MANIFEST_LIST_FILE_SCHEMAS,
    ManifestEntry,
    ManifestListWriterV2,
    ManifestWriterV2,
    data_file_with_partition,
    manifest_entry_schema_with_data_file,
)
from pyiceberg.schema import Schema
from pyiceberg.typedef import StructProtocol
from pyiceberg.types import StructType

Written = TypeVar("Written", bound=StructProtocol)
_VERSION: Literal[2] = 2


@dataclass(frozen=True)
class _Shape:
    """What stands in a file: the name and schema of its records, and what writes one."""

    name: str
    schema: Schema
    writer: Writer


class _Output(AvroOutputFile[Written], Generic[Written]):
    """An Avro file of a shape that is known."""

    def __init__(self, file: OutputFile, shape: _Shape, metadata: dict[str, Any]) -> None:
        self.output_file = file
        self.file_schema = shape.schema
        self.schema_name = shape.name
        self.sync_bytes = os.urandom(SYNC_SIZE)
        self.writer = shape.writer
        self.metadata = metadata


class ManifestWriter(ManifestWriterV2):
    def new_writer(self) -> AvroOutputFile[ManifestEntry]:
        return _Output(self._output_file, _entries(self._spec.partition_type(self._schema)), self._meta)


class ListWriter(ManifestListWriterV2):
    def __enter__(self) -> ListWriter:
        self._writer = _Output(self._output_file, _lists(), self._meta)
        self._writer.__enter__()
        return self


@cache
def _entries(partition: StructType) -> _Shape:
    """Entries of a manifest of tables with that partition."""
    schema, read = (
        manifest_entry_schema_with_data_file(version, data_file_with_partition(partition, version))
        for version in (_VERSION, DEFAULT_READ_VERSION)
    )
    return _Shape("manifest_entry", schema, resolve_writer(record_schema=read, file_schema=schema))


@cache
def _lists() -> _Shape:
    schema, read = MANIFEST_LIST_FILE_SCHEMAS[_VERSION], MANIFEST_LIST_FILE_SCHEMAS[DEFAULT_READ_VERSION]
    return _Shape("manifest_file", schema, resolve_writer(record_schema=read, file_schema=schema))
