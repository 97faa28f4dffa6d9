"""Lets a record through whose header has a name that is not UTF-8, so that it can be set aside like any other.

aiokafka decodes header names while it unpacks a batch, and one bad name ends its iteration: the partition would stand
still. Here the batch that failed, and no other, is read once more by aiokafka's Python reader, which is told to keep
such bytes as lone surrogates (`surrogateescape`). Everything else stays with the C reader.
"""

from typing import Any, SupportsIndex

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy


def tolerate_header_names() -> None:
    """Give the consumers of this process readers that survive such a name. aiokafka has no setting for it."""
    fetcher.MemoryRecords = _Batches
    fetcher.PartitionRecords = _PartitionRecords


def printable(name: str) -> str:
    r"""The name with bytes that are not UTF-8 written as `\xff`, for a record that can be sent."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class _PartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    _records_iterator: Any

    def __next__(self) -> Any:
        try:
            return next(self._records_iterator)
        except (UnicodeDecodeError, CorruptRecordException) as error:
            # The Python reader, where there is no C one, wraps it.
            if not isinstance(error.__cause__ or error, UnicodeDecodeError):
                raise
        # aiokafka passes over the records of the batch that it has given out already.
        self._records.repeat_leniently()
        self._records_iterator = self._unpack_records()
        return next(self)


class _Batches(_MemoryRecordsPy):  # type: ignore[misc]
    """The batches of a fetch; the last one can be had again."""

    _last: Any = None
    _repeat = False

    def has_next(self) -> bool:
        return self._repeat or bool(super().has_next())

    def next_batch(self) -> Any:
        if self._repeat:
            self._repeat = False
            return _LenientBatch(self._last)
        self._last = self._next_slice
        return super().next_batch()

    def repeat_leniently(self) -> None:
        self._repeat = True


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _LenientBytes(self._buffer)


class _LenientBytes(bytearray):
    """Bytes whose slices decode without failing; the reader decodes nothing but header names."""

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        found = super().__getitem__(index)
        return _LenientBytes(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> str:
        return super().decode(encoding, errors)
