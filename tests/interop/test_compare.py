"""The judge: what it calls exact, and what it says of other samples."""

from __future__ import annotations

import numpy as np
import pytest
from cases import Case, SampleType, all_cases
from compare import Verdict, judge
from matrix import Own, Result, Stream, culprit, culprits
from peers import Options

import htj2k
import oracle
import oracle_lossy


def case_of(samples: SampleType, **options: object) -> Case:
    made = Options(samples.bits, color_transform=samples.color_transform, **options)  # type: ignore[arg-type]
    return Case("samples", "default", samples, made)


WHOLE_LOSSLESS = [c for c in all_cases() if c.quick and c.options.qstep is None and c.options.tile_size is None]


@pytest.mark.parametrize("case", WHOLE_LOSSLESS, ids=str)
def test_expected_samples_are_the_oracles(case: Case) -> None:
    """Tiles and the order of levels are this folder's own; the transforms are not."""
    levels = oracle.pyramid(
        case.pixels,
        len(case.reduces) - 1,
        bits_stored=case.samples.bits,
        color_transform=case.options.color_transform,
    )
    for reduce in case.reduces:
        assert np.array_equal(case.expected(reduce), levels[::-1][reduce])


def test_one_sample_more_or_less_is_not_exact() -> None:
    case = case_of(SampleType(12))
    for reduce in case.reduces:
        pixels = case.expected(reduce).astype(np.uint16)
        assert judge(pixels, case, reduce).state == "exact"
        pixels[3, 4] ^= 1
        assert judge(pixels, case, reduce).state == "differs"
        assert judge(pixels[:-1], case, reduce).why == "another shape: {}x{} for {}x{}".format(
            pixels.shape[0] - 1, pixels.shape[1], *pixels.shape
        )


def test_lossy_is_exact_within_its_bound_only() -> None:
    case = case_of(SampleType(8), qstep=0.01)
    own = Own()
    tolerance = Stream(own, case, own.encode(case.pixels, case.options)).tolerance(0)
    pixels = case.pixels.astype(np.int64)
    pixels[3, 4] += int(tolerance)
    assert judge(pixels, case, 0, tolerance).state == "exact"
    pixels[3, 4] += 1
    assert judge(pixels, case, 0, tolerance).state == "differs"


@pytest.mark.parametrize("reduce", range(4))
def test_bound_of_our_streams_is_that_of_qstep(reduce: int) -> None:
    """Read from the steps in QCD, it is what the tests of the codec ask of qstep."""
    own = Own()
    for samples in (SampleType(8), SampleType(16, True), SampleType(8, False, 3, True)):
        case = case_of(samples, qstep=0.01)
        stream = Stream(own, case, own.encode(case.pixels, case.options))
        gain = oracle_lossy.ICT_GAIN if samples.color_transform else 1
        expected = oracle_lossy.tolerance(samples.bits, 0.01, 3, reduce=reduce, gain=gain)
        assert stream.tolerance(reduce) == pytest.approx(expected, rel=0.01)


def test_faults_have_names() -> None:
    plain, signed = case_of(SampleType(8)), case_of(SampleType(8, True))
    color = case_of(SampleType(8, False, 3))
    low = plain.expected(1, clamped=False)
    assert low.min() < 0
    assert low.max() > 255
    assert judge(low.astype(np.uint8), plain, 1).why == "samples beyond the range wrap"
    assert judge(np.clip(low, 0, 255), plain, 1).state == "exact"
    assert judge(signed.pixels.view(np.uint8), signed, 0).why == "sign lost"
    assert judge(plain.pixels.view(np.int8), plain, 0).why == "top bit taken for a sign"
    assert judge(signed.pixels.astype(int) + 128, signed, 0).why == "signed samples are shifted to unsigned ones"
    assert judge(np.maximum(signed.pixels, 0), signed, 0).why == "negative samples are lost"
    assert judge(color.pixels[::-1], color, 0).why == "samples in other places"
    few = case_of(SampleType(12))
    kept = np.clip(few.expected(1, clamped=False), 0, 65535)
    assert judge(kept, few, 1) == Verdict("unclamped", "samples beyond the depth are kept")


def test_who_is_wrong() -> None:
    case = case_of(SampleType(8))
    codecs = {"a": "A", "a2": "A", "b": "B", "c": "C"}

    def found(encoder: str, **states: str) -> str:
        results = [
            Result(encoder, decoder, case, 0, Verdict("exact" if state == "exact" else "differs"), state)
            for decoder, state in states.items()
        ]
        return culprit(results, codecs)

    assert found("a", a="exact", b="exact", c="other") == "decoder"
    assert found("a", a="other", b="exact", c="other") == "decoder"
    assert found("a", a="exact", b="other", c="other") == "encoder"
    assert found("a", a="other", b="other", c="another") == "encoder"
    assert found("a", a="exact", a2="exact", b="other", c="another") == "undecided"
    assert found("a", a="other", a2="other", b="another") == "undecided"


def test_stream_with_other_pixels_is_wrong_at_every_size() -> None:
    case = case_of(SampleType(8))
    codecs = {"a": "A", "b": "B", "c": "C"}
    seen = [("a", 0), ("b", 0), ("c", 0), ("b", 1)]
    results = [Result("a", name, case, reduce, Verdict("differs"), "other") for name, reduce in seen]
    assert culprits(results, codecs) == {("a", case, 0): "encoder", ("a", case, 1): "encoder"}
    assert culprits(results[3:], codecs) == {("a", case, 1): "undecided"}


def test_other_parameters_than_asked_for_are_noticed() -> None:
    case = case_of(SampleType(12), tile_size=(32, 24))
    own = Own()
    stream = Stream(own, case, own.encode(case.pixels, case.options))
    assert stream.otherwise == []
    other = own.encode(case.pixels, Options(12, num_decompositions=2))
    assert Stream(own, case, other).otherwise == ["num_decompositions=2 for 3", "tile_size=None for (32, 24)"]
    assert Stream(own, case, other).reduces == range(1)
    assert htj2k.is_htj2k(stream.answer.value)
