"""What a HealthImaging import job leaves behind: manifest, success lines, failure lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .files import sync_directory, write_file, write_lines
from .ids import LOCAL_DATASTORE_ID, content_id

MANIFEST = "job-output-manifest.json"
SUCCESS = "SUCCESS"
FAILURE = "FAILURE"


@dataclass(frozen=True)
class Imported:
    """An input file that is now part of an image set."""

    input_file: str
    image_set_id: str

    def to_dict(self) -> dict[str, Any]:
        """The line of ``success.ndjson``."""
        return {"inputFile": self.input_file, "importResponse": {"imageSetId": self.image_set_id}}


@dataclass(frozen=True)
class Failed:
    """An input file that was refused.

    `is_server_error` tells our faults (a frame that did not verify) from the file's.
    """

    input_file: str
    exception_type: str
    message: str
    is_server_error: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The line of ``failure.ndjson``."""
        exception = {"exceptionType": self.exception_type, "message": self.message}
        return {"inputFile": self.input_file, "exception": exception}


def job_summary(
    imported: Sequence[Imported],
    failed: Sequence[Failed],
    instances_per_set: Mapping[str, int],
    *,
    source: Path,
    output: Path,
) -> dict[str, Any]:
    """The content of ``job-output-manifest.json``; the ``S3Uri`` values are ``file:`` URIs here."""
    base = output.resolve().as_uri() + "/"
    server_errors = sum(failure.is_server_error for failure in failed)
    return {
        "jobSummary": {
            "jobId": content_id(
                *map(json.dumps, [*(i.to_dict() for i in imported), *(f.to_dict() for f in failed)])
            ),
            "datastoreId": LOCAL_DATASTORE_ID,
            "inputS3Uri": source.resolve().as_uri(),
            "outputS3Uri": base,
            "successOutputS3Uri": f"{base}{SUCCESS}/",
            "failureOutputS3Uri": f"{base}{FAILURE}/",
            "numberOfScannedFiles": len(imported) + len(failed),
            "numberOfImportedFiles": len(imported),
            "numberOfFilesWithCustomerError": len(failed) - server_errors,
            "numberOfFilesWithServerError": server_errors,
            "numberOfGeneratedImageSets": len(instances_per_set),
            "imageSetsSummary": [
                {"imageSetId": image_set_id, "numberOfMatchedSOPInstances": count}
                for image_set_id, count in instances_per_set.items()
            ],
        }
    }


def write_job_output(
    folder: Path, imported: Sequence[Imported], failed: Sequence[Failed], summary: dict[str, Any]
) -> None:
    """Write manifest, SUCCESS and FAILURE into `folder`, from where a rename publishes each of them."""
    _write_ndjson(folder / SUCCESS, imported)
    _write_ndjson(folder / FAILURE, failed)
    write_file(folder / MANIFEST, json.dumps(summary, indent=2).encode("ascii") + b"\n")


def _write_ndjson(folder: Path, entries: Sequence[Imported | Failed]) -> None:
    folder.mkdir()
    write_lines(folder / f"{folder.name.lower()}.ndjson", (json.dumps(entry.to_dict()) for entry in entries))
    sync_directory(folder)
