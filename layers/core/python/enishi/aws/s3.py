"""A bucket, or a prefix of one. Implements `enishi.ports.Blobs`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from botocore.exceptions import ClientError

from enishi.aws.s3_upload import Upload
from enishi.errors import LakeError
from enishi.ports import Stat

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_PAGE = 1000
_BLOCK = 4 * 1024 * 1024
"""Bytes that one ranged read of a stream fetches: Parquet footers and column chunks come in few requests."""


class S3Blobs:
    """Keys are relative to `prefix`."""

    def __init__(self, client: S3Client, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=data)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """One conditional request; two writers at once may both be told to come again, so a conflict is asked anew."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=data, IfNoneMatch="*")
        except ClientError as error:
            if _code(error) == "PreconditionFailed":
                return False
            if _code(error) == "ConditionalRequestConflict":
                return self.put_if_absent(key, data)
            raise
        return True

    def get(self, key: str) -> bytes:
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=self._key(key))["Body"]
            return bytes(body.read())
        except ClientError as error:
            raise _missing(error, key) from None

    def open(self, key: str) -> BinaryIO:
        try:
            size = self._client.head_object(Bucket=self._bucket, Key=self._key(key))["ContentLength"]
        except ClientError as error:
            raise _missing(error, key) from None
        raw = _Ranged(self._client, self._bucket, self._key(key), size)
        return cast(BinaryIO, io.BufferedReader(raw, buffer_size=_BLOCK))

    @contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        upload = Upload(self._client, self._bucket, self._key(key))
        try:
            yield cast(BinaryIO, upload)
        except BaseException:
            upload.abort()
            raise
        upload.complete()

    def stat(self, key: str) -> Stat:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._key(key))
        except ClientError as error:
            raise _missing(error, key) from None
        return Stat(head["ContentLength"], head["LastModified"])

    def list(self, prefix: str) -> list[str]:
        return sorted(key.removeprefix(self._prefix) for key in self._keys(prefix))

    def delete(self, prefix: str) -> int:
        """Removes up to 1,000 objects a request."""
        keys = list(self._keys(prefix))
        for start in range(0, len(keys), _PAGE):
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys[start : start + _PAGE]]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if failed := answer.get("Errors"):
                what = f"{len(failed)} objects could not be deleted: {failed[0].get('Code', '')}"
                raise LakeError(what, where=prefix, remedy="Check the role's right to delete and try again.")
        return len(keys)

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._key(prefix))
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"]

    def _key(self, key: str) -> str:
        if key.startswith("/") or ".." in key.split("/"):
            raise LakeError("a key may not leave its folder", where=key, remedy="Use a relative key without '..'.")
        return self._prefix + key


class _Ranged(io.RawIOBase):
    """An object read by byte ranges, so that a file of any size needs one block of memory."""

    def __init__(self, client: S3Client, bucket: str, key: str, size: int) -> None:
        super().__init__()
        self._client, self._bucket, self._key, self._size = client, bucket, key, size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        last = min(self._position + len(buffer), self._size) - 1
        if last < self._position:
            return 0
        span = f"bytes={self._position}-{last}"
        data = self._client.get_object(Bucket=self._bucket, Key=self._key, Range=span)["Body"].read()
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _missing(error: ClientError, key: str) -> Exception:
    if _code(error) in {"NoSuchKey", "404", "NotFound"}:
        return LakeError("there is no such object", where=key, remedy="Check the key.")
    return error
