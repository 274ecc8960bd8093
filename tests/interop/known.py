"""Known faults of peers, by name. The tests fail when a peer has another one, or when one of these is mended."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    peer: str
    what: str  # as compare.py and page.in_general say it
    why: str
    in_tests: bool = True  # in the cases that every run of the tests takes


# The versions that they were seen in; install.py installs these.
VERSIONS = {
    "@cornerstonejs/codec-openjph": "codec-openjph 2.4.11, OpenJPH 0.31.0",
    "FFmpeg": "PyAV 18.1.0, FFmpeg 8.1.2",
    "Grok": "Grok 10.0.5",
    "imagecodecs.htj2k": "imagecodecs 2026.3.6, OpenJPH 0.26.3",
    "itkwasm-htj2k": "itkwasm-htj2k 2.3.1",
    "jp15": "jp15 0.2.0",
    "ojph": "ojph 0.10.2",
    "OpenHTJ2K": "OpenHTJ2K 0.4.0",
}

_SOME = "some of the samples are wrong"
_PLACES = "samples in other places"
_WRAP = "samples beyond the range wrap"
_KEPT = "samples beyond the depth are kept"

DECODERS = (
    Fault(
        "FFmpeg",
        _SOME,
        "a block is dropped, without an error, if a coefficient uses all magnitude bits of its subband (M_b of "
        "T.800 equation E-2). Grok, OpenHTJ2K and OpenJPH 0.9 always leave one bit to spare.",
    ),
    Fault(
        "Grok",
        _SOME,
        "CAP comes after COD and QCD; with CAP moved in front of them the samples are exact.",
        in_tests=False,
    ),
    Fault("imagecodecs.htj2k", _WRAP, "overshoot, at reduced sizes and of lossy samples, is cut to its low bits."),
    Fault("imagecodecs.htj2k", _KEPT, "overshoot is held back by the container only."),
    Fault("imagecodecs.htj2k", _SOME, "reduced sizes above 28 bits, which OpenJPH does not decode exactly."),
    Fault("itkwasm-htj2k", _PLACES, "components without a transform come in another order than it takes them in."),
    Fault("itkwasm-htj2k", "negative samples are lost", "signed samples of up to 8 bits."),
    Fault("itkwasm-htj2k", _SOME, "both of these at reduced sizes."),
    Fault("itkwasm-htj2k", _KEPT, "overshoot is held back by the container only."),
    Fault("@cornerstonejs/codec-openjph", _PLACES, "components without a transform have their rows mixed up."),
    Fault("@cornerstonejs/codec-openjph", "negative samples are lost", "signed samples of up to 8 bits."),
    Fault("@cornerstonejs/codec-openjph", _KEPT, "overshoot is held back by the container only."),
    Fault("@cornerstonejs/codec-openjph", _SOME, "the first two at reduced sizes."),
    Fault("ojph", _PLACES, "rows are taken to come component by component, which they do not with a transform."),
    Fault("ojph", _SOME, "the same in lossy streams; and reduced sizes at 32 bits, as above."),
    Fault("ojph", _WRAP, "reduced sizes at 32 bits, as above."),
    Fault("OpenHTJ2K", _SOME, "samples of 24 bits and more, and fine lossy steps at 16 bits."),
)
ENCODERS = (
    Fault("@cornerstonejs/codec-openjph", _PLACES, "components without a transform, as in its decoder."),
    Fault(
        "@cornerstonejs/codec-openjph",
        _SOME,
        "several components of more than 8 bits, and signed or 32-bit samples.",
    ),
    Fault(
        "OpenHTJ2K", _SOME, "samples of 24 bits and more; the base of fine lossy 16-bit streams.", in_tests=False
    ),
    Fault("itkwasm-htj2k", _PLACES, "components are written in another order than the stream says."),
    Fault("itkwasm-htj2k", _SOME, "negative samples of 8 bits are written as 127."),
    Fault(
        "jp15",
        _SOME,
        "small images are written without levels, where OpenJPH has no code for the smallest sample of the range: "
        "it comes back as the middle.",
    ),
    Fault("jp15", "signed samples are shifted to unsigned ones", "the same, where it is the only sample."),
)
