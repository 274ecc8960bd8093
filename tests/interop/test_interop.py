"""Our streams in every peer that is installed, and theirs here. `make test-interop` installs them."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import known
import peer_process
import pytest
from cases import Case, all_cases
from interop_page import in_general
from matrix import Own, Result, Stream, culprits, decoded, encoded
from peer_process import PeerProcess

CASES = [case for case in all_cases() if case.quick]
# OpenJPEG, the reference of most tests, decodes up to this depth.
MAX_THIRD_BITS = 31
REDUCING = ("Grok", "OpenHTJ2K", "Kakadu")  # through OpenJPEG only glymur, if the system has the library
WRONG = ("differs", "unclamped")


@functools.cache
def our_streams() -> tuple[Stream, ...]:
    return tuple(encoded([Own()], CASES))


@functools.cache
def running(module_name: str) -> PeerProcess | str:
    """The peer, or why it does not run here."""
    peer = PeerProcess(module_name)
    version = peer.version()
    if version.state == "ok":
        return peer
    peer.close()
    return f"{peer.name}: {version.value}"


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    for module_name in peer_process.module_names():
        if isinstance(peer := running(module_name), PeerProcess):
            peer.close()


@pytest.fixture(params=peer_process.module_names())
def peer(request: pytest.FixtureRequest) -> PeerProcess:
    found = running(request.param)
    if isinstance(found, str):
        pytest.skip(f"{found} (make interop-peers installs what can be had)")
    return found


@functools.cache
def results_with_us(peer: PeerProcess) -> tuple[Result, ...]:
    return tuple(result for stream in our_streams() for result in decoded(stream, peer))


def expected_faults(peer: PeerProcess, faults: tuple[known.Fault, ...]) -> set[str] | None:
    """Of the version that is known; None for another one."""
    if known.VERSIONS.get(peer.name, peer.version().value) != peer.version().value:
        return None
    return {fault.what for fault in faults if fault.peer == peer.name and fault.in_tests}


def test_every_case_can_be_encoded() -> None:
    assert [(str(s.case), s.answer.value) for s in our_streams() if s.answer.state != "ok"] == []
    assert [(str(s.case), s.otherwise) for s in our_streams() if s.otherwise] == []


def test_we_decode_our_own() -> None:
    for stream in our_streams():
        for result in decoded(stream, Own()):
            refused = result.verdict.state == "refuses" and result.reduce and stream.case.samples.bits > 28
            assert refused or result.verdict.state == "exact", result


def test_decoder_differs_only_where_it_is_known_to(peer: PeerProcess) -> None:
    results = results_with_us(peer)
    found = {in_general(r.verdict.why) for r in results if r.verdict.state in WRONG}
    expected = expected_faults(peer, known.DECODERS)
    if expected is not None:
        assert found == expected
    assert any(result.verdict.state == "exact" for result in results)


def test_other_codecs_give_our_pixels() -> None:
    """Of each stream and size, some codec that is not OpenJPH; and no two of them agree on other pixels."""
    peers = [p for name in peer_process.module_names() if isinstance(p := running(name), PeerProcess)]
    codecs = {Own.name: Own.codec, **{p.name: p.codec for p in peers}}
    if not set(codecs.values()) - {Own.codec}:
        pytest.skip("no codec but OpenJPH is installed")
    by_case: dict[Case, list[Result]] = {}
    for peer in peers:
        for result in results_with_us(peer):
            by_case.setdefault(result.case, []).append(result)
    reduces = any(codec in REDUCING for codec in codecs.values())
    for case, results in by_case.items():
        assert "encoder" not in culprits(results, codecs).values(), case
        if case.samples.bits <= MAX_THIRD_BITS:
            others = {r.reduce for r in results if codecs[r.decoder] != Own.codec and r.verdict.state == "exact"}
            assert others >= set(case.reduces if reduces else (0,)), case


def test_we_decode_theirs(peer: PeerProcess) -> None:
    """Exactly, or refused with a reason; or the encoder is known to be wrong."""
    if not peer.can_encode:
        pytest.skip(f"{peer.name} has no HT encoder")
    streams = [stream for stream in encoded([peer], CASES) if stream.answer.state == "ok"]
    results = [result for stream in streams for result in decoded(stream, Own())]
    found = {in_general(r.verdict.why) for r in results if r.verdict.state in WRONG and r.reduce == 0}
    expected = expected_faults(peer, known.ENCODERS)
    if expected is not None:
        assert found == expected
        wrong_in_full = {r.case for r in results if r.verdict.state in WRONG and r.reduce == 0}
        assert {r.case for r in results if r.verdict.state in WRONG} == wrong_in_full
    assert {r.case.samples.bits > 28 for r in results if r.verdict.state == "refuses"} <= {True}
    assert any(result.verdict.state == "exact" for result in results)
