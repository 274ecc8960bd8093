"""`register` and `unregister`: htj2k as a codec of pydicom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.encoders import base
from pydicom.uid import UID

from .decoder_plugin import decode
from .encoder_plugin import ENCODING_PROFILES, encode
from .htj2k_syntax import HTJ2K_SYNTAXES

PLUGIN = "htj2k"
_VERSION_ADDED = "htj2k"  # where pydicom's table of encoders has the version of pydicom

_lock = threading.Lock()
_own_encoders: dict[UID, Any] = {}  # those that pydicom lacked
_own_profiles: set[UID] = set()


def register(*, first: bool = True) -> None:
    """Let pydicom decode and encode HTJ2K with htj2k, in this process.

    From then on ``ds.pixel_array`` and ``ds.decompress()`` decode transfer syntaxes 1.2.840.10008.1.2.4.201, .202
    and .203 with it, and ``ds.compress(HTJ2KLosslessRPCL)`` encodes. It can be called any number of times.

    Parameters
    ----------
    first : bool
        pydicom tries its plugins in an order, and takes the next one when one raises. True puts htj2k before
        the others, False behind them. To have no other one tried, so that a damaged frame is an error and not
        what a more tolerant decoder makes of it, name it: ``ds.pixel_array_options(decoding_plugin="htj2k")``.

    Raises
    ------
    ValueError
        If pydicom has another plugin of the name "htj2k".

    Notes
    -----
    The samples are those of the codestream, read in the sign that the dataset says. What dataset and codestream
    disagree on goes to the logger "htj2k" once for each call; `disagreements` returns it. A frame of another
    size or number of components than the dataset's, with more bits than are allocated or with more than
    `htj2k.DEFAULT_MAX_PIXELS` pixels is an error.

    ``ds.compress`` takes the options `num_decompositions`, `reversible`, `qstep`, `qfactor`,
    `progression_order`, `block_size`, `precinct_sizes`, `tile_size`, `tlm`, `tile_parts`, `comment`,
    `mask_unused_bits` and `verify` of `htj2k.encode`. As for pydicom's other encoders, PhotometricInterpretation
    is that of the encoded frames: set it to YBR_RCT (lossless) or YBR_ICT (lossy) for the component transform of
    RGB. It cannot change the dataset, and pydicom does not tell it of a big-endian one (which needs
    ``byteorder=">"``): `htj2k.dicom.compress` sets all attributes that change, and takes care of both.
    """
    with _lock:
        try:
            _add_all(first)
        except BaseException:
            _remove_all()
            raise


def unregister() -> None:
    """Leave pydicom as it was before `register`. Without one it does nothing."""
    with _lock:
        _remove_all()


def _add_all(first: bool) -> None:
    for uid in HTJ2K_SYNTAXES:
        _add(get_decoder(uid), decode, first)
        _add(_encoder(uid), encode, first)


def _add(coder: Any, function: Callable[..., Any], first: bool) -> None:
    if coder._available.get(PLUGIN) is not function:
        coder.add_plugin(PLUGIN, (function.__module__, function.__name__))
    # The order of this dict is the order in which plugins are tried; pydicom has no call to change it.
    others = [item for item in coder._available.items() if item[0] != PLUGIN]
    ours = [(PLUGIN, function)]
    coder._available = dict(ours + others if first else others + ours)


def _encoder(uid: UID) -> Any:
    """pydicom's encoder; made if there is none, as in pydicom 3."""
    if uid not in base._PIXEL_DATA_ENCODERS:
        _own_encoders[uid] = base.Encoder(uid)
        base._PIXEL_DATA_ENCODERS[uid] = (_own_encoders[uid], _VERSION_ADDED)
    if uid not in base.ENCODING_PROFILES:
        _own_profiles.add(uid)
        base.ENCODING_PROFILES[uid] = ENCODING_PROFILES[uid]
    return base._PIXEL_DATA_ENCODERS[uid][0]


def _remove_all() -> None:
    for uid in HTJ2K_SYNTAXES:
        _remove(get_decoder(uid), decode)
        if uid not in base._PIXEL_DATA_ENCODERS:
            continue
        encoder = base._PIXEL_DATA_ENCODERS[uid][0]
        _remove(encoder, encode)
        if encoder is _own_encoders.get(uid):
            if encoder._available or encoder._unavailable:
                continue  # somebody else's plugin needs it by now
            del base._PIXEL_DATA_ENCODERS[uid], _own_encoders[uid]
        if uid in _own_profiles:
            del base.ENCODING_PROFILES[uid]
            _own_profiles.discard(uid)


def _remove(coder: Any, function: Callable[..., Any]) -> None:
    if coder._available.get(PLUGIN) is function:
        coder.remove_plugin(PLUGIN)
