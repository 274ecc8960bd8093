"""Reading image-set metadata: gzip or plain JSON, as the service sends it and as the guide prints it."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from htj2k import ResolutionChecksum
from htj2k._buffers import Buffer, contiguous_view
from htj2k._checksum import to_integer
from htj2k._verify import CHECKSUM_KEYS
from htj2k.errors import HTJ2KError

#: The transfer syntax of a frame whose instance does not name one.
HTJ2K_LOSSLESS_RPCL = "1.2.840.10008.1.2.4.202"

#: An instance that has all of these describes an image.
IMAGE_KEYWORDS = ("Rows", "Columns", "BitsAllocated", "PhotometricInterpretation")

#: A metadata document larger than this, uncompressed, is refused instead of filling the memory.
MAX_DOCUMENT_BYTES = 2**30

#: A document with more values is refused, too: each takes up to 100 bytes of memory, and as text only two.
MAX_DOCUMENT_VALUES = 2**25


class MetadataError(HTJ2KError):
    """A metadata document cannot be read; the message names the place in the document."""


@dataclass(frozen=True)
class ImageFrame:
    """One entry of ``ImageFrames``.

    Attributes
    ----------
    id : str
        Names the frame's file or the frame in the service.
    checksums : tuple of ResolutionChecksum
        CRC-32 of the decoded pixels at some of the codestream's resolutions; match them by size.
    min_pixel_value, max_pixel_value : int, float, str or None
        As in the document, which is not always a number.
    frame_size_in_bytes : int or None
        Size of the decoded frame, in newer documents of the service of the stored one. Only to report; None if
        it is no number.
    """

    id: str
    checksums: tuple[ResolutionChecksum, ...]
    min_pixel_value: int | float | str | None = None
    max_pixel_value: int | float | str | None = None
    frame_size_in_bytes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The entry in HealthImaging's shape."""
        return {
            "ID": self.id,
            CHECKSUM_KEYS[0]: [checksum.to_dict() for checksum in self.checksums],
            "MinPixelValue": self.min_pixel_value,
            "MaxPixelValue": self.max_pixel_value,
            "FrameSizeInBytes": self.frame_size_in_bytes,
        }


@dataclass(frozen=True)
class Instance:
    """One SOP instance: its place, its attributes and its image frames.

    Attributes
    ----------
    study_instance_uid, series_instance_uid, sop_instance_uid : str
        Where it belongs.
    dicom : mapping
        Keyword -> value, as in the document: IS and DS are strings, several values a list, an empty one None.
    image_frames : tuple of ImageFrame
        In frame order.
    stored_transfer_syntax_uid : str
        Of the stored frames; that of lossless HTJ2K where the document names none.
    checksum_type : str or None
        What the checksums are over, where the document says it.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    dicom: Mapping[str, Any]
    image_frames: tuple[ImageFrame, ...]
    stored_transfer_syntax_uid: str
    checksum_type: str | None

    @property
    def number_of_frames(self) -> int | None:
        """DICOM's Number of Frames; None where it is absent, empty or no number."""
        return _optional_integer(self.dicom.get("NumberOfFrames"))

    @property
    def describes_image(self) -> bool:
        """Whether the attributes are those of an image, which has at least one frame."""
        return "PixelData" in self.dicom or all(keyword in self.dicom for keyword in IMAGE_KEYWORDS)


@dataclass(frozen=True)
class ImageSetMetadata:
    """A whole document; `document` keeps everything that was read, also what has no field here.

    Attributes
    ----------
    image_set_id, datastore_id, schema_version : str or None
        As the document says.
    instances : tuple of Instance
        Of all series, in the order of the document.
    document : mapping
        Everything that was read, also what has no field here.
    """

    image_set_id: str | None
    datastore_id: str | None
    schema_version: str | None
    instances: tuple[Instance, ...]
    document: Mapping[str, Any]

    def image_frames(self) -> Iterator[tuple[Instance, int, ImageFrame]]:
        """Every frame of the image set with its instance and its position (from 0) in that instance."""
        for instance in self.instances:
            for index, frame in enumerate(instance.image_frames):
                yield instance, index, frame


def read_metadata(data: Buffer) -> ImageSetMetadata:
    """Read one metadata document.

    Parameters
    ----------
    data : bytes-like
        ``metadata.json.gz`` as stored, an ``imageSetMetadataBlob``, or the JSON itself.

    Returns
    -------
    ImageSetMetadata
        With the instances in the order of the document.

    Raises
    ------
    MetadataError
        The gzip stream is damaged or truncated, the text is no JSON, or an entry has the wrong type.
    TypeError, ValueError
        If `data` is no contiguous buffer.
    """
    document = _mapping(parse_json(_inflate(bytes(contiguous_view(data)))), "the document")
    return ImageSetMetadata(
        image_set_id=_optional_text(document, "ImageSetID"),
        datastore_id=_optional_text(document, "DatastoreID"),
        schema_version=_optional_text(document, "SchemaVersion"),
        instances=tuple(_read_instances(document)),
        document=document,
    )


def _inflate(data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            plain = stream.read(MAX_DOCUMENT_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise MetadataError(f"the gzip stream is damaged or truncated: {error}") from error
    if len(plain) > MAX_DOCUMENT_BYTES:
        raise MetadataError(f"the document is larger than {MAX_DOCUMENT_BYTES} bytes")
    return plain


def parse_json(text: bytes) -> Any:
    """A JSON document; `MetadataError` if it is none or too large, or an object has a key twice."""
    if sum(text.count(begin) for begin in (b",", b"[", b"{")) > MAX_DOCUMENT_VALUES:
        raise MetadataError(f"the document has more than {MAX_DOCUMENT_VALUES} values")
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise MetadataError(f"not JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are unique: of two lists of frames under one key, one would vanish in silence."""
    result = dict(pairs)
    if len(result) != len(pairs):
        repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise MetadataError(f"the key {repeated!r} stands twice in one JSON object")
    return result


def _read_instances(document: Mapping[str, Any]) -> Iterator[Instance]:
    study = _member(document, "Study", "Study")
    study_uid = str(_member(study, "DICOM", "Study.DICOM").get("StudyInstanceUID") or "")
    # The guide prints Series beside Study and Instances beside the series; the service nests them.
    for holder, where in ((study, "Study.Series"), (document, "Series")):
        for uid, entry in _member(holder, "Series", where).items():
            place = f"{where}[{uid!r}]"
            body = _mapping(entry, place)
            instances = body if uid == "Instances" else _member(body, "Instances", f"{place}.Instances")
            for sop_uid, instance in instances.items():
                series_uid = "" if uid == "Instances" else uid
                yield _read_instance((study_uid, series_uid, sop_uid), instance, place)


def _read_instance(uids: tuple[str, str, str], entry: Any, where: str) -> Instance:
    study_uid, series_uid, sop_uid = uids
    place = f"{where}.Instances[{sop_uid!r}]"
    body = _mapping(entry, place)
    dicom = _member(body, "DICOM", f"{place}.DICOM")
    return Instance(
        study_instance_uid=study_uid or str(dicom.get("StudyInstanceUID") or ""),
        series_instance_uid=series_uid or str(dicom.get("SeriesInstanceUID") or ""),
        sop_instance_uid=sop_uid,
        dicom=dicom,
        image_frames=tuple(
            _read_frame(frame, f"{place}.ImageFrames[{index}]")
            for index, frame in enumerate(_frames(body, dicom, place))
        ),
        stored_transfer_syntax_uid=_either_text(body, dicom, "StoredTransferSyntaxUID") or HTJ2K_LOSSLESS_RPCL,
        checksum_type=_either_text(body, dicom, "ChecksumType") or None,
    )


def _frames(body: Mapping[str, Any], dicom: Mapping[str, Any], place: str) -> list[Any]:
    """The list of the instance or, in the guide's shape, of its attributes; not one of two that differ."""
    given = [holder["ImageFrames"] for holder in (body, dicom) if holder.get("ImageFrames") is not None]
    if len(given) == 2 and given[0] != given[1]:
        raise MetadataError(f"{place} has two lists of ImageFrames, of its own and in DICOM, which differ")
    return _list(given[0], f"{place}.ImageFrames") if given else []


def _read_frame(entry: Any, where: str) -> ImageFrame:
    body = _mapping(entry, where)
    frame_id = body.get("ID")
    if not isinstance(frame_id, str) or not frame_id:
        raise MetadataError(f"{where}.ID is {frame_id!r}; a frame needs a text that names it")
    return ImageFrame(
        id=frame_id,
        checksums=tuple(dict.fromkeys(_read_checksums(body, where))),
        min_pixel_value=_pixel_value(body, "MinPixelValue"),
        max_pixel_value=_pixel_value(body, "MaxPixelValue"),
        frame_size_in_bytes=_optional_integer(body.get("FrameSizeInBytes")),
    )


def _read_checksums(body: Mapping[str, Any], where: str) -> Iterator[ResolutionChecksum]:
    """The entries under both keys: whatever is expected anywhere has to hold."""
    for key in CHECKSUM_KEYS:
        levels = [] if body.get(key) is None else _list(body[key], f"{where}.{key}")
        for index, level in enumerate(levels):
            yield _read_checksum(level, f"{where}.{key} level {index}")


def _read_checksum(entry: Any, where: str) -> ResolutionChecksum:
    try:
        return ResolutionChecksum.from_dict(entry)
    except (ValueError, TypeError) as error:
        raise MetadataError(f"{where}: {error}") from error


def _pixel_value(body: Mapping[str, Any], key: str) -> Any:
    value = body.get(key)
    return None if isinstance(value, str) and not value.strip() else value


def _optional_integer(value: Any) -> int | None:
    try:
        return to_integer(value, "")
    except (ValueError, TypeError):
        return None


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MetadataError(f"{where} is {type(value).__name__}, not a JSON object")
    return value


def _member(holder: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    """The object under a key; an empty one where the key is absent or null."""
    value = holder.get(key)
    return {} if value is None else _mapping(value, where)


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise MetadataError(f"{where} is {type(value).__name__}, not a JSON list")
    return value


def _optional_text(body: Mapping[str, Any], key: str) -> str | None:
    value = body.get(key)
    return None if value is None else str(value)


def _either_text(body: Mapping[str, Any], dicom: Mapping[str, Any], key: str) -> str:
    """A text of the instance or, in the guide's shape, of its attributes, without DICOM's padding."""
    return (_optional_text(body, key) or _optional_text(dicom, key) or "").strip(" \0")
