"""A stream into a bucket in constant memory: parts of a multipart upload, which becomes an object at its end."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART = 16 * 1024 * 1024
"""Bytes of a part: S3 takes 10,000 of them, so files of up to 156 GiB."""


class Upload(io.RawIOBase):
    """Small content goes in one request; nothing is visible before `complete`."""

    def __init__(self, client: S3Client, bucket: str, key: str) -> None:
        super().__init__()
        self._client, self._bucket, self._key = client, bucket, key
        self._waiting = bytearray()
        self._upload = ""
        self._parts: list[CompletedPartTypeDef] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: ReadableBuffer, /) -> int:
        view = memoryview(data).cast("B")
        self._waiting += view
        self._written += len(view)
        while len(self._waiting) >= PART:
            self._send(bytes(self._waiting[:PART]))
            del self._waiting[:PART]
        return len(view)

    def complete(self) -> None:
        """Make the object."""
        if not self._upload:
            self._client.put_object(Bucket=self._bucket, Key=self._key, Body=bytes(self._waiting))
            return
        if self._waiting:
            self._send(bytes(self._waiting))
        self._client.complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
        )

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._upload:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload)

    def _send(self, data: bytes) -> None:
        if not self._upload:
            self._upload = self._client.create_multipart_upload(Bucket=self._bucket, Key=self._key)["UploadId"]
        number = len(self._parts) + 1
        done = self._client.upload_part(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload, PartNumber=number, Body=data
        )
        self._parts.append({"ETag": done["ETag"], "PartNumber": number})
