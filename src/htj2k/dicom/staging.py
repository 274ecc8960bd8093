"""The image sets of a running job: built in a hidden folder of the output, renamed into place when all is
done.

Until then nothing lies under a final name, so a crash, a kill or a full disk leaves no half-written image
set. The manifest is renamed last: where it is, the job was finished."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from htj2k.healthimaging.files import sync_directory
from htj2k.healthimaging.ids import content_id
from htj2k.healthimaging.job_output import FAILURE, MANIFEST, SUCCESS
from htj2k.healthimaging.layout import FRAMES, METADATA, STAGING_PREFIX
from htj2k.healthimaging.writing import canonical_json, write_metadata


@dataclass(frozen=True)
class StagedInstance:
    """An instance whose frames are encoded, verified and on the disk.

    `digest` is equal for two instances only when every attribute and every frame is.
    """

    folder: Path
    bytes_stored: int
    group: str
    shared: dict[str, dict[str, Any]]
    series_instance_uid: str
    sop_instance_uid: str
    document: dict[str, Any]

    @property
    def digest(self) -> str:
        """The ID of its content."""
        return content_id(self.sop_instance_uid, canonical_json(self.document))


@dataclass
class ImageSetBuilder:
    """An image set that still grows; `digests` are its instances, by SOP instance UID."""

    folder: Path
    shared: dict[str, dict[str, Any]]
    series_instance_uid: str
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def image_set_id(self) -> str:
        """Derived from everything in the set, in whatever order it came."""
        instances = sorted(self.digests.items())
        return content_id(canonical_json(self.shared), *(digest for _, digest in instances))

    def add(self, instance: StagedInstance) -> None:
        """Take over the frames of `instance` and keep its document for later."""
        self.digests[instance.sop_instance_uid] = instance.digest
        for frame in instance.folder.iterdir():
            frame.rename(self.folder / FRAMES / frame.name)
        instance.folder.rmdir()
        with open(self.folder / "instances", "a", encoding="ascii") as file:
            # As JSON both are ASCII and one line each, whatever a file has for a UID.
            file.write(f"{json.dumps(instance.sop_instance_uid)}\n{canonical_json(instance.document)}\n")

    def finish(self) -> None:
        """Write the metadata; after this the folder is complete."""
        documents = self.folder / "instances"
        with open(documents, encoding="ascii") as file:
            write_metadata(
                self.folder / METADATA,
                image_set_id=self.image_set_id,
                levels=self.shared,
                series_instance_uid=self.series_instance_uid,
                instances=_pairs(file),
            )
        documents.unlink()
        sync_directory(self.folder / FRAMES)
        sync_directory(self.folder)


def _pairs(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    for uid in lines:
        yield json.loads(uid), next(lines).rstrip("\n")


class Staging:
    """The hidden folder; a context manager that removes it, whatever happened."""

    def __init__(self, output: Path) -> None:
        """Claim `output`, which must be empty or not exist; `FileExistsError` otherwise."""
        self._output = output
        self._created = not output.exists()
        output.mkdir(parents=True, exist_ok=True)
        _require_empty(output)
        self.builders: dict[str, list[ImageSetBuilder]] = {}
        self.folder = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=output))
        # mkdtemp makes a private folder; the image sets inside get ordinary permissions.
        self.sets, self.instances, self.job = (self.folder / name for name in ("sets", "instances", "job"))
        try:
            for path in (self.sets, self.instances, self.job):
                path.mkdir()
        except OSError:
            self.__exit__()
            raise

    def __enter__(self) -> Staging:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was not published, and the output folder if that leaves it empty and it is ours."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._created:
            with suppress(OSError):
                self._output.rmdir()

    def add(self, instance: StagedInstance) -> tuple[ImageSetBuilder, bool]:
        """Put an instance into its image set; also say whether it is new there.

        The same instance again is not stored twice. A different instance with a SOP instance UID that the
        image set already holds goes into a further image set of the same series, so that neither is lost."""
        builders = self.builders.setdefault(instance.group, [])
        uid = instance.sop_instance_uid
        for builder in builders:
            if builder.digests.get(uid) == instance.digest:
                shutil.rmtree(instance.folder)
                return builder, False
        builder = next((b for b in builders if uid not in b.digests), None) or self._new_builder(instance)
        builder.add(instance)
        return builder, True

    def _new_builder(self, instance: StagedInstance) -> ImageSetBuilder:
        builders = self.builders[instance.group]
        folder = self.sets / f"{instance.group}-{len(builders)}"
        (folder / FRAMES).mkdir(parents=True)
        builders.append(ImageSetBuilder(folder, instance.shared, instance.series_instance_uid))
        return builders[-1]

    def all_builders(self) -> list[ImageSetBuilder]:
        """Every image set of the job, in the order in which they were begun."""
        return [builder for builders in self.builders.values() for builder in builders]

    def publish(self) -> None:
        """Rename the image sets and the job's output files into place: all of them, or none if one fails."""
        moves = [(builder.folder, self._output / builder.image_set_id) for builder in self.all_builders()]
        moves += [(self.job / name, self._output / name) for name in (SUCCESS, FAILURE, MANIFEST)]
        done: list[Path] = []
        try:
            for source, target in moves:
                os.rename(source, target)
                done.append(target)
            sync_directory(self._output)
        except BaseException:
            for target in reversed(done):
                _remove(target)
            raise


def _remove(path: Path) -> None:
    """Not by a rename back, which a full disk may refuse."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _require_empty(output: Path) -> None:
    names = sorted(entry.name for entry in output.iterdir())
    if not names:
        return
    if any(name.startswith(STAGING_PREFIX) for name in names):
        raise FileExistsError(
            f"{output} holds a job that did not finish or still runs ({names[0]}); "
            "if none runs, delete the folder and start again"
        )
    raise FileExistsError(f"{output} is not empty ({names[0]}, ...); give each ingest its own new folder")
