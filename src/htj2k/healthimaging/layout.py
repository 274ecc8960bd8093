"""The folder that ``htj2k ingest`` writes: one folder an image set, beside the job's output files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from htj2k._checksum import to_integer

from .files import read_file
from .ids import is_plain_name
from .job_output import FAILURE, MANIFEST, SUCCESS
from .metadata import ImageSetMetadata, MetadataError, parse_json, read_metadata
from .url_path import UrlPath

METADATA = "metadata.json.gz"
FRAMES = "frames"
FRAME_SUFFIX = ".j2c"
#: Where a running job builds what it will rename into place. Left behind only by a killed job.
STAGING_PREFIX = ".htj2k-ingest-"


@dataclass(frozen=True)
class ImageSetFolder:
    """One image set on disk or behind a URL; a `FrameStore`.

    Attributes
    ----------
    path : Path or UrlPath
        The folder with ``metadata.json.gz`` and ``frames``.
    """

    path: Path | UrlPath

    @property
    def image_set_id(self) -> str:
        """The folder's name, which is the image set's ID."""
        return self.path.name

    def read_metadata(self) -> bytes:
        """The metadata document as it is stored."""
        return _read(self.path / METADATA)

    def read(self, frame_id: str) -> bytes:
        """The bytes of one frame; an `OSError` or a `ValueError` says why they cannot be had.

        Parameters
        ----------
        frame_id : str
            As the metadata name the frame.

        Returns
        -------
        bytes

        Raises
        ------
        OSError
            The file cannot be read.
        ValueError
            As `frame_path` raises it.
        """
        return _read(self.frame_path(frame_id))

    def metadata(self) -> ImageSetMetadata:
        """Read the metadata document; `MetadataError` or `OSError` says why it cannot be."""
        metadata = read_metadata(self.read_metadata())
        if metadata.image_set_id != self.image_set_id:
            raise MetadataError(
                f"ImageSetID is {metadata.image_set_id!r}, but the folder is {self.image_set_id!r}"
            )
        return metadata

    def frame_path(self, frame_id: str) -> Path | UrlPath:
        """The file of one frame; a `ValueError` if the ID could lead out of the folder.

        Parameters
        ----------
        frame_id : str
            As the metadata name the frame.

        Returns
        -------
        Path or UrlPath
            Whether it exists or not.

        Raises
        ------
        ValueError
            The ID is no plain name, so it could lead out of the folder.
        """
        if not is_plain_name(frame_id):
            raise ValueError(f"{frame_id!r} is no frame ID: it must be letters and digits, as a plain file name")
        return self.path / FRAMES / f"{frame_id}{FRAME_SUFFIX}"

    def stored_names(self) -> set[str]:
        """Names of everything that lies in the folder of frames."""
        frames = self.path / FRAMES
        return entry_names(frames) if frames.is_dir() else set()


def _read(path: Path | UrlPath) -> bytes:
    return read_file(path) if isinstance(path, Path) else path.read_bytes()


def find_image_sets(output: Path | UrlPath) -> list[ImageSetFolder]:
    """The image sets of a job's output, or the one image set that `output` itself is.

    Parameters
    ----------
    output : Path or UrlPath
        A folder.

    Returns
    -------
    list of ImageSetFolder
        In the order of their names; empty when there is none.

    Raises
    ------
    OSError
        The folder cannot be read.
    """
    if (output / METADATA).exists():
        return [ImageSetFolder(output.resolve())]
    try:
        names = [name for name in sorted(entry_names(output)) if _may_be_image_set(name)]
        return [ImageSetFolder(output / name) for name in names if (output / name).is_dir()]
    except OSError:
        # A web server that does not list its folders may serve a job's output all the same.
        listed = listed_image_sets(output) if isinstance(output, UrlPath) else None
        if listed is None:
            raise
        return [ImageSetFolder(output / name) for name in sorted(listed)]


def _may_be_image_set(name: str) -> bool:
    return name not in (SUCCESS, FAILURE, MANIFEST) and not name.startswith(STAGING_PREFIX)


def entry_names(folder: Path | UrlPath) -> set[str]:
    """Names of what lies in a folder."""
    return {entry.name for entry in folder.iterdir()}


def unfinished_jobs(output: Path | UrlPath) -> list[str]:
    """Names of folders that a killed ``ingest`` left behind."""
    return sorted(name for name in entry_names(output) if name.startswith(STAGING_PREFIX))


def listed_image_sets(output: Path | UrlPath) -> dict[str, int] | None:
    """Image set IDs and instance counts of the manifest; None without a manifest."""
    try:
        data = _read(output / MANIFEST)
    except FileNotFoundError:  # `exists` of a URL's file system also says no where there was an error
        return None
    try:
        sets = parse_json(data)["jobSummary"]["imageSetsSummary"]
        count = "numberOfMatchedSOPInstances"
        listed = {entry["imageSetId"]: to_integer(entry[count], count) for entry in sets}
    except (MetadataError, ValueError, KeyError, TypeError) as error:
        raise MetadataError(f"{MANIFEST} is damaged: {error!r}") from error
    for name in listed:
        if not isinstance(name, str) or not is_plain_name(name):
            raise MetadataError(f"{MANIFEST} lists {name!r}, which is no image set ID")
    return listed
