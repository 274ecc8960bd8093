"""Known faults of peers, by name. The tests fail when a peer has another one, or when one of these is mended."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    peer: str
    what: str  # as compare.py and page.in_general say it
    why: str
    seen_with_us: bool = True  # in the cases that every run of the tests takes


# The versions that they were seen in; install.py installs these.
VERSIONS = {
    "FFmpeg": "PyAV 18.1.0, FFmpeg 8.1.2",
    "Grok": "Grok 10.0.5",
    "imagecodecs.htj2k": "imagecodecs 2026.3.6, OpenJPH 0.26.3",
    "itkwasm-htj2k": "itkwasm-htj2k 2.3.1",
    "jp15": "jp15 0.2.0",
    "ojph": "ojph 0.10.2",
    "OpenHTJ2K": "OpenHTJ2K 0.4.0",
}

_WRAPS = "Overshoot at reduced sizes and of lossy samples is cut to the low bits, not clamped."
_KEPT = "Overshoot is clamped to the container."
_ROWS = "Rows of the components are taken for interleaved where they come one component after the other, or the reverse."

DECODERS = (
    Fault(
        "FFmpeg",
        "some of the samples are wrong",
        "A block with a coefficient that uses all magnitude bits of its subband (M_b of T.800 E-2) is dropped, without "
        "an error. OpenJPH's newer encoders write no spare bit.",
    ),
    Fault("imagecodecs.htj2k", "samples beyond the range wrap", _WRAPS),
    Fault("imagecodecs.htj2k", "samples beyond the depth are kept", _KEPT),
)
ENCODERS: tuple[Fault, ...] = ()


def explanation(faults: tuple[Fault, ...], peer: str, what: str) -> str:
    return next((fault.why for fault in faults if (fault.peer, fault.what) == (peer, what)), "")
