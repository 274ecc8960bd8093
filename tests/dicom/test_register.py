"""register and unregister: pydicom gets our plugins, and is left as it was."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

from pydicom.pixels import get_decoder, get_encoder  # noqa: E402
from pydicom.pixels.encoders import base  # noqa: E402
from pydicom.uid import RLELossless  # noqa: E402

import htj2k.dicom  # noqa: E402
from dicom_files import dataset  # noqa: E402
from htj2k.dicom.decoder_plugin import decode  # noqa: E402
from htj2k.dicom.encoder_plugin import encode  # noqa: E402
from htj2k.dicom.htj2k_syntax import HTJ2K_SYNTAXES  # noqa: E402
from htj2k_dicom import htj2k_dataset  # noqa: E402
from images import ct_like  # noqa: E402


@pytest.fixture(autouse=True)
def _unregistered():
    yield
    htj2k.dicom.unregister()


def other(src, runner):
    """Somebody else's plugin."""


def is_available(uid):
    return True


def state() -> list:
    """All that register touches, with the order of the plugins."""
    decoders = [(list(d._available.items()), dict(d._unavailable)) for d in map(get_decoder, HTJ2K_SYNTAXES)]
    return [decoders, dict(base._PIXEL_DATA_ENCODERS), dict(base.ENCODING_PROFILES)]


PRISTINE = state()  # before any test has run


def order(uid) -> list[str]:
    return list(get_decoder(uid)._available)


@pytest.mark.parametrize("uid", HTJ2K_SYNTAXES)
def test_first_and_last(uid):
    before = order(uid)
    for first in (True, True, False, True, False):
        htj2k.dicom.register(first=first)
        assert order(uid) == (["htj2k", *before] if first else [*before, "htj2k"])
        assert get_encoder(uid).available_plugins == ("htj2k",)
        assert get_encoder(uid)._available["htj2k"] is encode
        assert get_decoder(uid)._available["htj2k"] is decode


def test_unregister_leaves_pydicom_as_it_was():
    for _ in range(2):
        htj2k.dicom.unregister()
        assert state() == PRISTINE
        htj2k.dicom.register()
        assert state() != PRISTINE
    htj2k.dicom.unregister()
    htj2k.dicom.unregister()
    assert state() == PRISTINE
    with pytest.raises(NotImplementedError):
        get_encoder(HTJ2K_SYNTAXES[0])


def test_other_peoples_plugins_stay():
    uid = HTJ2K_SYNTAXES[1]
    htj2k.dicom.register()
    get_encoder(uid).add_plugin("other", (__name__, "other"))
    htj2k.dicom.unregister()
    assert get_encoder(uid).available_plugins == ("other",)
    assert uid in base.ENCODING_PROFILES
    htj2k.dicom.register()
    assert list(get_encoder(uid)._available) == ["htj2k", "other"]
    get_encoder(uid).remove_plugin("other")
    htj2k.dicom.unregister()
    assert uid not in base._PIXEL_DATA_ENCODERS


def test_an_encoder_that_pydicom_has_is_used_and_left(monkeypatch):
    """As a later version of pydicom may."""
    uid = HTJ2K_SYNTAXES[0]
    theirs = base.Encoder(uid)
    monkeypatch.setitem(base._PIXEL_DATA_ENCODERS, uid, (theirs, "4.0"))
    monkeypatch.setitem(base.ENCODING_PROFILES, uid, ["theirs"])
    htj2k.dicom.register()
    assert get_encoder(uid) is theirs
    assert theirs.available_plugins == ("htj2k",)
    assert base.ENCODING_PROFILES[uid] == ["theirs"]
    htj2k.dicom.unregister()
    assert base._PIXEL_DATA_ENCODERS[uid] == (theirs, "4.0")
    assert base.ENCODING_PROFILES[uid] == ["theirs"]
    assert theirs.available_plugins == ()


def test_another_plugin_of_our_name_is_an_error_and_nothing_is_left():
    last = get_decoder(HTJ2K_SYNTAXES[2])
    last.add_plugin("htj2k", (__name__, "other"))
    try:
        with_other = state()
        with pytest.raises(ValueError, match="already has a plugin named 'htj2k'"):
            htj2k.dicom.register()
        assert state() == with_other
        htj2k.dicom.unregister()
        assert state() == with_other
    finally:
        last.remove_plugin("htj2k")


def test_other_transfer_syntaxes_are_not_ours():
    with pytest.raises(ValueError, match="doesn't support"):
        get_decoder(RLELossless).add_plugin("htj2k", ("htj2k.dicom.decoder_plugin", "decode"))


def test_from_many_threads():
    threads = [threading.Thread(target=htj2k.dicom.register) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(order(uid).count("htj2k") == 1 for uid in HTJ2K_SYNTAXES)


def test_pixel_array_uses_the_first_plugin(monkeypatch):
    ds = htj2k_dataset(ct_like((40, 40)))
    htj2k.dicom.register()
    used = []
    for uid in HTJ2K_SYNTAXES:
        plugins = get_decoder(uid)._available
        for name in [n for n in plugins if n != "htj2k"]:
            monkeypatch.setitem(plugins, name, lambda src, runner, name=name: used.append(name))
    assert np.array_equal(ds.pixel_array, ct_like((40, 40)))
    assert used == []


def test_without_registration_nothing_is_changed():
    """Importing must not take over decoding, and pydicom alone cannot encode."""
    code = (
        "import htj2k.dicom; from pydicom.pixels import get_decoder;"
        "from pydicom.uid import HTJ2K; print('htj2k' in get_decoder(HTJ2K).available_plugins)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
    with pytest.raises(NotImplementedError, match="No pixel data encoders"):
        dataset(ct_like((8, 8))).compress(HTJ2K_SYNTAXES[0])
