"""The examples of docs/howto/healthimaging.md run, against a server on loopback."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("boto3")

import htj2k
from healthimaging_server import serve
from image_sets import IMAGE_SET, image_set, write_folder

DOCUMENT = Path(__file__).parents[2] / "docs" / "howto" / "healthimaging.md"


def test_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    images = image_set(3, shape=(200, 130))
    images.instance(1)["DICOM"].update(RescaleSlope="2", RescaleIntercept="-1024")
    shown: list[Any] = []
    with serve(images) as service:
        store_class = htj2k.healthimaging.HealthImagingStore
        monkeypatch.setattr(
            htj2k.healthimaging,
            "HealthImagingStore",
            lambda *ids: store_class(*ids, endpoint_url=service.url),
        )
        namespace: dict[str, Any] = {
            "datastore_id": "d" * 32,
            "image_set_id": IMAGE_SET,
            "show": lambda *arguments: shown.append(arguments),
            "frames": images.frames,
            "document": images.read_metadata(),
            "output": write_folder(images, tmp_path),
        }
        blocks = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), flags=re.MULTILINE | re.DOTALL)
        assert len(blocks) == 5
        for block in blocks:
            exec(compile(block, str(DOCUMENT), "exec"), namespace)
            assert "report" not in namespace or namespace["report"].ok
    assert [place[:2] for place in shown] == [(f"1.2.3.{i}", 0) for i in range(3)]
    first, second = (htj2k.decode(data) for data in list(images.frames.values())[:2])
    assert np.array_equal(shown[0][2], first)
    assert np.array_equal(shown[1][2], second * 2.0 - 1024)
    assert namespace["thumbnail"].shape == (50, 33)
    assert "3 of 3 frames verified" in capsys.readouterr().out
