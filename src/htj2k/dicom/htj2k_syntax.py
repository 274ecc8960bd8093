"""The HTJ2K transfer syntaxes (DICOM PS3.5 8.2.14, 10.18, A.4): which of them a codestream may have."""

from __future__ import annotations

from pydicom.uid import HTJ2K, UID, HTJ2KLossless, HTJ2KLosslessRPCL

import htj2k
from htj2k._buffers import Buffer

from . import syntaxes

#: 1.2.840.10008.1.2.4.201, .202 and .203.
HTJ2K_SYNTAXES = tuple(UID(uid) for uid in syntaxes.HTJ2K_SYNTAXES)


def transfer_syntax_uid(data: Buffer) -> UID:
    """Return the transfer syntax that describes a codestream best.

    Parameters
    ----------
    data : bytes-like
        A bare codestream; its headers are enough.

    Returns
    -------
    pydicom.uid.UID
        ``HTJ2KLosslessRPCL`` (1.2.840.10008.1.2.4.202) for a lossless codestream that also has the packet order,
        the TLM marker and the base resolution which that syntax demands; ``HTJ2KLossless`` (.201) for any other
        lossless one; ``HTJ2K`` (.203) for what is lossy. A codestream with tiles or components of its own coding
        counts as lossy unless everything is known to be lossless.

    Raises
    ------
    ValueError
        `data` is a JPH or JP2 file, which no transfer syntax holds.
    NotHTJ2KError, CodestreamError
        As `htj2k.read_info` raises them.
    """
    info = htj2k.read_info(data)
    if info.container != "j2c":
        raise ValueError(
            f"data is a {info.container.upper()} file; DICOM holds the bare codestream, which "
            "htj2k.extract_resolution(data, reduce=0) takes out of it"
        )
    if not info.check_htj2k_lossless_rpcl():
        return HTJ2KLosslessRPCL
    return HTJ2K if info.check_htj2k_lossless() else HTJ2KLossless


def check_transfer_syntax(info: htj2k.CodestreamInfo, uid: str) -> list[str]:
    """Say why a codestream may not have one of the HTJ2K transfer syntaxes; empty when it may."""
    if uid == HTJ2KLosslessRPCL:
        return info.check_htj2k_lossless_rpcl()
    if uid == HTJ2KLossless:
        return info.check_htj2k_lossless()
    return [] if info.container == "j2c" else [f"it is a {info.container.upper()} file, not a bare codestream"]
