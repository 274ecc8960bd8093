"""Transfer syntax ...4.202 as others wrote it: the images of DICOM's working group 4, level by level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.encaps import generate_frames

import htj2k
from prefixes import as_healthimaging, check_prefixes, openjpeg_reduced

# Where the uncompressed file is not at hand, the lossless JPEG 2000 one is the reference.
FILES = ["CT2", "MR1", "MR3", "NM1", "RG2", "RG3", "US1", "VL1", "VL3", "VL6", "XA1"]


def original(corpus: Path, name: str) -> np.ndarray:
    path = f"nema_wg04/{name}_J2KR" if name.startswith("RG") else f"chafey_dicomhtj2k/dicomp10/{name}_UNC"
    return pydicom.dcmread(corpus / path).pixel_array


@pytest.fixture(params=FILES)
def frame(request: pytest.FixtureRequest, test_data: Any) -> tuple[bytes, np.ndarray]:
    """The codestream and the samples that it was made of."""
    corpus = test_data / "corpus"
    dataset = pydicom.dcmread(corpus / f"chafey_dicomhtj2k/htj2k/{request.param}_JPH")
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.202"
    (codestream,) = generate_frames(dataset.PixelData, number_of_frames=1)
    return codestream, original(corpus, request.param)


def test_every_level_from_its_prefix(frame):
    codestream, pixels = frame
    info = htj2k.read_info(codestream)
    assert info.check_htj2k_lossless_rpcl() == []
    check_prefixes(codestream, pixels)
    check_prefixes(as_healthimaging(codestream), pixels)
    if pixels.dtype.kind == "u":
        for reduce in range(info.num_decompositions + 1):
            assert np.array_equal(openjpeg_reduced(codestream, reduce), htj2k.decode(codestream, reduce=reduce))
