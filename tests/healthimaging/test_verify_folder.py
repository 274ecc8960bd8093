"""`htj2k verify`: every change of a stored frame or of its metadata is told, by frame and level."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from dicom_files import dataset, write
from htj2k.cli.app import app
from htj2k.dicom import ingest
from htj2k.healthimaging import verify_folder
from htj2k.healthimaging.job_output import MANIFEST
from htj2k.healthimaging.layout import listed_image_sets
from htj2k.healthimaging.metadata import MetadataError
from images import noise


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


@pytest.fixture
def output(tmp_path: Path) -> Path:
    for number in range(3):
        write(tmp_path / "in" / f"{number}.dcm", dataset(noise((150, 100), "u2", seed=number)))
    ingest(tmp_path / "in", tmp_path / "out")
    return tmp_path / "out"


def frames_of(output: Path) -> list[Path]:
    return sorted(output.glob("*/frames/*.j2c"))


def edit_metadata(output: Path, change: Any) -> None:
    (path,) = output.glob("*/metadata.json.gz")
    document = json.loads(gzip.decompress(path.read_bytes()))
    instances = [i for s in document["Study"]["Series"].values() for i in s["Instances"].values()]
    change(instances[1]["ImageFrames"][0])
    path.write_bytes(gzip.compress(json.dumps(document).encode()))


def test_untouched_output_verifies(output: Path) -> None:
    code, text = run("verify", str(output))
    assert code == 0
    assert "3 of 3 frames verified" in text


def test_one_flipped_bit_anywhere(output: Path) -> None:
    path = frames_of(output)[1]
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    body = whole.index(b"\xff\x93") + 2
    # Not every header bit carries pixels (a comment's text, Rsiz), so headers are left to the parser's tests.
    for position in rng.integers(body, len(whole), 60):
        data = bytearray(whole)
        data[position] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        code, text = run("verify", str(output), "--json")
        report = json.loads(text)
        bad = [frame for frame in report["reports"] if frame["status"] != "verified"]
        assert code == 1, position
        assert [path.stem in json.dumps(frame) for frame in bad] == [True]


@pytest.mark.parametrize("level", [0, 1])
def test_one_changed_checksum_names_its_level(output: Path, level: int) -> None:
    def change(frame: dict[str, Any]) -> None:
        frame["PixelDataChecksumFromBaseToFullResolution"][level]["Checksum"] ^= 1

    edit_metadata(output, change)
    code, text = run("verify", str(output), "--json")
    assert code == 1
    (bad,) = [frame for frame in json.loads(text)["reports"] if frame["status"] != "verified"]
    assert [entry["ok"] for entry in bad["levels"]] == [number != level for number in (0, 1)]


def test_wrong_minimum_is_told(output: Path) -> None:
    edit_metadata(output, lambda frame: frame.update(MinPixelValue=77777))
    code, text = run("verify", str(output))
    assert code == 1
    assert "MinPixelValue" in text.replace("\n", "")


def test_missing_and_unlisted_frames(output: Path) -> None:
    first, second, _ = frames_of(output)
    first.unlink()
    second.with_name("0" * 32 + ".j2c").write_bytes(second.read_bytes())
    code, text = run("verify", str(output), "--json")
    assert code == 1
    assert first.stem in text
    assert "0" * 32 in text


def test_truncated_metadata(output: Path) -> None:
    (path,) = output.glob("*/metadata.json.gz")
    path.write_bytes(path.read_bytes()[:-20])
    assert run("verify", str(output))[0] == 1


def test_an_instance_that_is_gone_with_its_frames(output: Path) -> None:
    """The folder agrees with its metadata; only the manifest knows of the third instance."""
    (path,) = output.glob("*/metadata.json.gz")
    document = json.loads(gzip.decompress(path.read_bytes()))
    (series,) = document["Study"]["Series"].values()
    _, instance = series["Instances"].popitem()
    (path.parent / "frames" / f"{instance['ImageFrames'][0]['ID']}.j2c").unlink()
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    report = verify_folder(output)
    assert not report.ok
    message = "job-output-manifest.json counts 3 instances, but the metadata have 2"
    assert [problem.message for problem in report.problems] == [message]


def test_a_manifest_whose_ids_lead_elsewhere(output: Path) -> None:
    path = output / "job-output-manifest.json"
    document = json.loads(path.read_bytes())
    document["jobSummary"]["imageSetsSummary"][0]["imageSetId"] = "../elsewhere"
    path.write_text(json.dumps(document))
    problems = verify_folder(output).problems
    assert ["job-output-manifest.json lists '../elsewhere'" in problem.message for problem in problems] == [True]


def test_nothing_there_is_not_verified(tmp_path: Path) -> None:
    assert run("verify", str(tmp_path))[0] != 0
    assert run("verify", str(tmp_path / "nowhere"))[0] == 2


@pytest.mark.parametrize(
    "sets",
    [
        '[{"imageSetId": "a", "numberOfMatchedSOPInstances": Infinity}]',
        '[{"imageSetId": "a", "numberOfMatchedSOPInstances": 1.5}]',
        '[{"imageSetId": "a", "numberOfMatchedSOPInstances": true}]',
        '[{"imageSetId": null, "numberOfMatchedSOPInstances": 1}]',
        "[" * 100_000,
        "7",
        '[{"imageSetId": "a", "numberOfMatchedSOPInstances": 1}], "imageSetsSummary": []',
    ],
)
def test_a_manifest_that_is_damaged_is_said_to_be(tmp_path: Path, sets: str) -> None:
    (tmp_path / MANIFEST).write_text(f'{{"jobSummary": {{"imageSetsSummary": {sets}}}}}')
    with pytest.raises(MetadataError, match=MANIFEST):
        listed_image_sets(tmp_path)
