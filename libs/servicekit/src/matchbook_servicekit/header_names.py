"""Records whose header names are not UTF-8.

aiokafka decodes names while it unpacks a record batch, and one that it can't decode costs the whole batch: the
partition would never move again. `tolerate` lets its fetcher read such a batch a second time, with the bytes that are
no text as lone surrogates (PEP 383); the decoder then sets the record aside like any other.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy, _DefaultRecordPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from aiokafka.record.util import decode_varint

_FIRST_MAGIC_WITH_HEADERS = 2


def tolerate() -> None:
    """From now on, consumers of this process read record batches as `RecordBatches`. Harmless when repeated."""
    fetcher.MemoryRecords = RecordBatches


class RecordBatches(_MemoryRecordsPy):  # type: ignore[misc]
    """The record batches of one fetched partition, in aiokafka's own decoding unless that fails."""

    def next_batch(self) -> Any:
        """The next batch, None after the last."""
        data, batch = self._next_slice, super().next_batch()
        return _Batch(batch, data) if batch is not None and batch.magic >= _FIRST_MAGIC_WITH_HEADERS else batch


class _Batch:
    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch = batch
        self._data = data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._batch
        except UnicodeDecodeError:
            # From its beginning: the fetcher passes over the offsets that it has had.
            yield from _TolerantBatch(self._data)


class _TolerantBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    """A batch in the format of Kafka's KIP-98, whatever the names of its headers are."""

    _pos: int

    def _read_msg(self) -> Any:
        length, start = decode_varint(self._buffer, self._pos)
        # One byte of attributes, which no version uses.
        delta, pos = decode_varint(self._buffer, start + 1)
        timestamp = self.max_timestamp if self.timestamp_type == self.LOG_APPEND_TIME else self.first_timestamp + delta
        offset, pos = decode_varint(self._buffer, pos)
        key, pos = self._bytes(pos)
        value, pos = self._bytes(pos)
        count, pos = decode_varint(self._buffer, pos)
        headers = []
        for _ in range(count):
            name, pos = self._bytes(pos)
            text, pos = self._bytes(pos)
            headers.append(((name or b"").decode("utf-8", "surrogateescape"), text))
        self._pos = start + length
        return _DefaultRecordPy(self.base_offset + offset, timestamp, self.timestamp_type, key, value, headers)

    def _bytes(self, pos: int) -> tuple[bytes | None, int]:
        """Bytes after their length, None for a negative one, and where they end."""
        length, pos = decode_varint(self._buffer, pos)
        return (None, pos) if length < 0 else (bytes(self._buffer[pos : pos + length]), pos + length)
