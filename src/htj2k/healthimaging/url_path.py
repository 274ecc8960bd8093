"""The part of `pathlib.Path` that reading image sets needs, for any URL that fsspec knows."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .retry import Retry

#: A file of a zip or tar archive that is larger is refused instead of filling the memory.
MOST_BYTES_OF_ARCHIVED_FILE = 2**30

#: What a second try does not change.
_FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, NotImplementedError)
_FORBIDDEN = (401, 403)  # the status of aiohttp's errors


@dataclass(frozen=True)
class UrlPath:
    """A file or folder behind a URL. Errors are `OSError`, as for local files, whatever the protocol raises.

    Attributes
    ----------
    url : str
        What `open` was given, and what was joined to it.
    file_system : fsspec.AbstractFileSystem
        Where it lies.
    path : str
        Its name there.
    retry : Retry
        Attempts for each access.
    """

    url: str
    file_system: Any = field(repr=False, compare=False)
    path: str = field(repr=False)
    retry: Retry = field(default=Retry(attempts=4), repr=False, compare=False)

    @classmethod
    def open(cls, url: str, *, retry: Retry | None = None, **storage_options: Any) -> UrlPath:
        """Connect to what `url` names; `storage_options` are those of its fsspec file system.

        Parameters
        ----------
        url : str
            Of a protocol that fsspec knows; chained ones (``zip://::...``) too.
        retry : Retry, optional
            Attempts for each access. Default: 4.
        **storage_options
            Those of the URL's fsspec file system.

        Returns
        -------
        UrlPath

        Raises
        ------
        OSError, ValueError, ImportError
            The file system cannot be reached, is unknown, or its package is not installed.
        """
        try:
            import fsspec
        except ImportError as error:
            raise ImportError(
                f'{url}: reading URLs needs fsspec; pip install "htj2k[healthimaging]"', name="fsspec"
            ) from error
        try:
            file_system, path = fsspec.core.url_to_fs(url, **storage_options)
        except ImportError as error:
            raise ImportError(f"{url}: {error}", name=error.name) from error
        except OSError:
            raise
        except Exception as error:
            raise OSError(errno.EINVAL, f"cannot be opened: {type(error).__name__}: {error}", url) from error
        file_system.invalidate_cache()
        return cls(url.rstrip("/"), file_system, path.rstrip("/"), retry or Retry(attempts=4))

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """The last component."""
        return self.path.rsplit("/", 1)[-1]

    def resolve(self) -> UrlPath:
        """A URL is absolute already."""
        return self

    def __truediv__(self, name: str) -> UrlPath:
        path = f"{self.path}/{name}" if self.path else name
        first, chain, rest = self.url.partition("::")  # zip://folder::file://archive.zip
        slash = "" if first.endswith("/") else "/"
        return UrlPath(f"{first}{slash}{name}{chain}{rest}", self.file_system, path, self.retry)

    def read_bytes(self) -> bytes:
        """The content of the file."""
        if not _is_archive(self.file_system):
            return bytes(self._call("cat_file"))
        # A few bytes of an archive can become more than memory holds.
        data = bytes(self._call("cat_file", start=0, end=MOST_BYTES_OF_ARCHIVED_FILE + 1))
        if len(data) > MOST_BYTES_OF_ARCHIVED_FILE:
            raise OSError(errno.EFBIG, f"larger than {MOST_BYTES_OF_ARCHIVED_FILE} bytes", self.url)
        return data

    def exists(self) -> bool:
        """Whether there is such a file or folder."""
        return bool(self._call("exists"))

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return bool(self._call("isdir"))

    def iterdir(self) -> Iterator[UrlPath]:
        """What lies in the folder."""
        for entry in self._call("ls", detail=False):
            name = entry.rstrip("/").rsplit("/", 1)[-1]
            if entry.rstrip("/") != self.path:  # some file systems list the folder itself
                yield self / name

    def _call(self, method: str, **options: Any) -> Any:
        try:
            return self.retry.call(
                lambda: getattr(self.file_system, method)(self.path, **options),
                lambda error: not _is_final(error),
            )
        except Exception as error:
            raise _os_error(error, self.url) from error


def _is_archive(file_system: Any) -> bool:
    from fsspec.archive import AbstractArchiveFileSystem

    return isinstance(file_system, AbstractArchiveFileSystem)


def _is_final(error: Exception) -> bool:
    return isinstance(error, _FINAL) or getattr(error, "status", None) in _FORBIDDEN


def _os_error(error: Exception, url: str) -> OSError:
    """The protocols word their errors in many ways, some without a word."""
    if isinstance(error, PermissionError) or getattr(error, "status", None) in _FORBIDDEN:
        return PermissionError(errno.EACCES, str(error) or os.strerror(errno.EACCES), url)
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), url)
    return OSError(errno.EIO, f"{type(error).__name__}: {error}", url)


def open_folder(target: str | os.PathLike[str], **storage_options: Any) -> Path | UrlPath:
    """The folder that a path or a URL names."""
    text = os.fspath(target)
    if "://" in text or "::" in text:
        return UrlPath.open(text, **storage_options)
    return Path(text)
