"""Image sets back to DICOM P10 files, in the transfer syntaxes of the service's GetDICOMInstance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from numpy.typing import NDArray
from pydicom.uid import UID

import htj2k
from htj2k._threads import usable_cores
from htj2k.errors import HTJ2KError
from htj2k.healthimaging.ids import is_plain_name
from htj2k.healthimaging.layout import ImageSetFolder, find_image_sets
from htj2k.healthimaging.metadata import ImageFrame, ImageSetMetadata, Instance
from htj2k.healthimaging.pool import bounded_map

from .elements import dataset_from
from .errors import InvalidInstance, UnsupportedInstance
from .image_pixel import encode_frame, put_htj2k, put_native
from .ingest import warnings_to_log
from .layout import PixelLayout, pixel_layout
from .syntaxes import EXPLICIT, HTJ2K_LOSSLESS, HTJ2K_LOSSLESS_RPCL
from .writing import sample_checksum, write_verified

#: What can be asked for.
EXPORT_SYNTAXES = (EXPLICIT, HTJ2K_LOSSLESS_RPCL)
_STORED_SYNTAXES = (HTJ2K_LOSSLESS, HTJ2K_LOSSLESS_RPCL)


@dataclass(frozen=True)
class ExportedInstance:
    """What became of one instance: `path` of the file, or `reason` why there is none.

    Attributes
    ----------
    image_set_id, sop_instance_uid : str
        Which one.
    frames : int
        How many it has.
    path : Path or None
        The file; None when there is none.
    reason : str
        Why there is none.
    """

    image_set_id: str
    sop_instance_uid: str
    frames: int
    path: Path | None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "imageSetId": self.image_set_id,
            "sopInstanceUID": self.sop_instance_uid,
            "frames": self.frames,
            "path": None if self.path is None else str(self.path),
            "reason": self.reason,
        }


@dataclass(frozen=True)
class ExportReport:
    """One entry for every instance.

    Attributes
    ----------
    instances : tuple of ExportedInstance
        In the order of the image sets.
    """

    instances: tuple[ExportedInstance, ...]

    @property
    def ok(self) -> bool:
        """True if there is at least one instance and all were written and verified."""
        return bool(self.instances) and all(instance.path is not None for instance in self.instances)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        written = sum(instance.path is not None for instance in self.instances)
        return {"ok": self.ok, "written": written, "instances": [entry.to_dict() for entry in self.instances]}


def export(
    source: Path,
    output: Path,
    *,
    sop_instance_uid: str | None = None,
    transfer_syntax: str = EXPLICIT,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ExportReport:
    """Write the instances of image sets as P10 files, ``OUTPUT/image set ID/SOP instance UID.dcm``.

    Each stored frame is verified against all of its checksums; each file is read again and compared, samples and
    attributes, before it gets its name.

    Parameters
    ----------
    source : Path
        What `ingest` wrote, or one image set of it.
    output : Path
        A folder. Files of the same names are replaced.
    sop_instance_uid : str, optional
        Only this instance.
    transfer_syntax : str
        Explicit VR Little Endian, or HTJ2K lossless RPCL (1.2.840.10008.1.2.4.202): bare codestreams. The samples
        and all attributes are the source's, but for what must agree with the transfer syntax
        (PhotometricInterpretation, PlanarConfiguration) and LossyImageCompression, which is "01" where the source
        was in a lossy transfer syntax.
    threads : int, optional
        Instances that are worked on at the same time. Default: the cores this process may run on.
    progress : callable, optional
        Called with (instances done, instances in all).

    Returns
    -------
    ExportReport

    Raises
    ------
    ValueError
        `transfer_syntax` is not one of the two, or `sop_instance_uid` is in no image set.
    MetadataError
        A metadata document cannot be read.
    OSError
        `source` cannot be read or `output` cannot be written.
    """
    if transfer_syntax not in EXPORT_SYNTAXES:
        raise ValueError(f"transfer_syntax is {transfer_syntax!r}; expected one of {', '.join(EXPORT_SYNTAXES)}")
    tasks = [
        (folder, metadata, instance)
        for folder, metadata in _image_sets(Path(source))
        for instance in metadata.instances
        if sop_instance_uid in (None, instance.sop_instance_uid)
    ]
    if sop_instance_uid is not None and not tasks:
        raise ValueError(f"no image set in {source} has the instance {sop_instance_uid}")

    names = Counter((folder.image_set_id, instance.sop_instance_uid) for folder, _, instance in tasks)

    def work(task: tuple[ImageSetFolder, ImageSetMetadata, Instance]) -> ExportedInstance:
        folder, _, instance = task
        uid = instance.sop_instance_uid
        if names[folder.image_set_id, uid] > 1:  # one file cannot hold both
            reason = "the image set has another instance of this SOPInstanceUID"
            return ExportedInstance(folder.image_set_id, uid, len(instance.image_frames), None, reason)
        return _export_instance(*task, Path(output), transfer_syntax)

    done: list[ExportedInstance] = []
    threads = threads or usable_cores()
    with ThreadPoolExecutor(threads) as pool, warnings_to_log():
        for entry in bounded_map(pool, work, tasks, window=threads + 1):
            done.append(entry)
            if progress is not None:
                progress(len(done), len(tasks))
    return ExportReport(tuple(done))


def _image_sets(source: Path) -> Iterator[tuple[ImageSetFolder, ImageSetMetadata]]:
    for folder in find_image_sets(source):
        yield folder, folder.metadata()


def _export_instance(
    folder: ImageSetFolder, metadata: ImageSetMetadata, instance: Instance, output: Path, syntax: str
) -> ExportedInstance:
    uid = instance.sop_instance_uid
    path: Path | None = None
    reason = ""
    try:
        if not is_plain_name(uid):
            raise InvalidInstance(f"SOPInstanceUID {uid!r} cannot name a file")
        dataset, checksums = build_instance(
            metadata, instance, lambda frame: folder.read(frame.id), transfer_syntax=syntax
        )
        target = output / folder.image_set_id / f"{uid}.dcm"
        write_verified(dataset, target, checksums, merged_attributes(metadata, instance))
        path = target
    except FileNotFoundError as error:
        reason = f"{error.filename} does not exist"
    except RecursionError:
        reason = "sequences are nested too deep"
    except (HTJ2KError, ValueError) as error:
        reason = str(error)
    return ExportedInstance(folder.image_set_id, uid, len(instance.image_frames), path, reason)


def build_instance(
    metadata: ImageSetMetadata,
    instance: Instance,
    fetch: Callable[[ImageFrame], bytes],
    *,
    transfer_syntax: str = EXPLICIT,
) -> tuple[pydicom.Dataset, list[int]]:
    """The dataset of one instance, and the checksum of the samples of each frame.

    Parameters
    ----------
    metadata : ImageSetMetadata
        Of the image set.
    instance : Instance
        One of its instances.
    fetch : callable
        Gives the stored bytes of a frame.
    transfer_syntax : str
        As in `export`. An instance without pixels is always in Explicit VR Little Endian.

    Returns
    -------
    tuple of pydicom.Dataset and list of int
        With its file meta information, ready to be saved; and one CRC-32 a frame.

    Raises
    ------
    InvalidInstance
        The metadata are no DICOM, or the frames are not stored in lossless HTJ2K.
    ChecksumMismatch, CodestreamError
        A frame is not what the metadata list.
    """
    dataset = dataset_from(merged_attributes(metadata, instance))
    if dataset.get("SOPInstanceUID") != instance.sop_instance_uid:
        raise InvalidInstance(
            f"SOPInstanceUID is {dataset.get('SOPInstanceUID')!r}, but the instance is listed as "
            f"{instance.sop_instance_uid!r}"
        )
    source_syntax = dataset.file_meta.get("TransferSyntaxUID", UID(EXPLICIT))
    checksums: list[int] = []
    if instance.image_frames:
        if instance.stored_transfer_syntax_uid not in _STORED_SYNTAXES:
            raise UnsupportedInstance(
                f"the frames are stored in {instance.stored_transfer_syntax_uid}, not in lossless HTJ2K"
            )
        dataset.file_meta.TransferSyntaxUID = source_syntax
        layout = pixel_layout(dataset)
        _require_all_frames(instance, layout)
        frames = _verified_frames(instance, fetch, checksums)
        if transfer_syntax == EXPLICIT:
            put_native(dataset, (pixels for pixels, _ in frames), layout, source_syntax)
        else:
            codestreams = [_codestream(pixels, stored, layout) for pixels, stored in frames]
            put_htj2k(dataset, codestreams, layout, source_syntax)
    elif instance.describes_image:
        raise InvalidInstance("the attributes describe an image, but the metadata list no frame")
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax if checksums else EXPLICIT)
    return dataset, checksums


def merged_attributes(metadata: ImageSetMetadata, instance: Instance) -> dict[str, tuple[Any, str]]:
    """Value and VR by key of all four levels, which HealthImaging keeps apart."""
    document = metadata.document
    study = _member(document, "Study")
    all_series = _member(study, "Series") or _member(document, "Series")
    series = _member(all_series, instance.series_instance_uid)
    own = _member(_member(series, "Instances") or _member(all_series, "Instances"), instance.sop_instance_uid)
    merged: dict[str, tuple[Any, str]] = {}
    for level in (_member(document, "Patient"), study, series, own):
        vrs = _member(level, "DICOMVRs")
        merged.update({key: (value, vrs.get(key, "")) for key, value in _member(level, "DICOM").items()})
    merged.pop("ImageFrames", None)
    return merged


def _member(level: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under a key; an empty one where there is none."""
    value = level.get(key)
    if value is not None and not isinstance(value, dict):
        raise InvalidInstance(f"the metadata's {key} is {type(value).__name__}, not a JSON object")
    return value or {}


def _require_all_frames(instance: Instance, layout: PixelLayout) -> None:
    if len(instance.image_frames) != layout.frames:
        raise InvalidInstance(
            f"the metadata list {len(instance.image_frames)} frames, but NumberOfFrames is {layout.frames}"
        )


def _verified_frames(
    instance: Instance, fetch: Callable[[ImageFrame], bytes], checksums: list[int]
) -> Iterator[tuple[NDArray[Any], bytes]]:
    for frame in instance.image_frames:
        stored = fetch(frame)
        pixels = htj2k.decode_verified(stored, frame.checksums)
        checksums.append(sample_checksum(pixels))
        yield pixels, stored


def _codestream(pixels: NDArray[Any], stored: bytes, layout: PixelLayout) -> bytes:
    """The stored one if it may be called ...4.202 and declares BitsStored; else a new one of the same samples."""
    info = htj2k.read_info(stored)
    is_bare = info.container == "j2c"
    if is_bare and info.components[0].bit_depth == layout.bits_stored and not info.check_htj2k_lossless_rpcl():
        return stored
    return encode_frame(pixels, layout, layout.photometric_of_samples)
