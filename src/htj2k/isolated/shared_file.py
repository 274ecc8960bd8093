"""Memory that host and worker share. The host never maps it: it copies in and out, so that whatever the worker
does to it later changes nothing that the host has taken."""

from __future__ import annotations

import os
import tempfile

from htj2k._buffers import Buffer, contiguous_view

_MOST_AT_A_TIME = 1 << 30  # the kernel moves at most 2 GiB a call
_KEPT_BYTES = 64 << 20  # stay with the worker between calls, as fresh pages cost time


def bytes_of(data: Buffer) -> memoryview:
    """The bytes of a buffer; TypeError or ValueError if it is none, or not contiguous."""
    view = contiguous_view(data)
    return view.cast("B") if view.nbytes else memoryview(b"")


class SharedFile:
    """A nameless file of `size` bytes, in memory where the system has such files; pages are taken when used."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._used = 0
        self.descriptor = _nameless_file()
        os.ftruncate(self.descriptor, size)

    def write(self, data: memoryview) -> None:
        """Copy to the beginning."""
        done = 0
        self._used = max(self._used, len(data))
        while done < len(data):
            done += os.pwrite(self.descriptor, data[done : done + _MOST_AT_A_TIME], done)

    def read_into(self, target: memoryview, offset: int) -> None:
        """Fill `target` from `offset` on."""
        done = 0
        self._used = max(self._used, offset + len(target))
        while done < len(target):
            count = os.preadv(self.descriptor, [target[done : done + _MOST_AT_A_TIME]], offset + done)
            if count == 0:
                raise ValueError("the shared memory ends too early")
            done += count

    def forget_if_large(self) -> None:
        """Give the pages back after a large image; the content is zeros then."""
        if self._used > _KEPT_BYTES:
            os.ftruncate(self.descriptor, 0)
            os.ftruncate(self.descriptor, self.size)
            self._used = 0


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("htj2k")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
