"""Arguments that cannot be: refused before anything is done, in a message that names the argument."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import htj2k
from images import noise

PIXELS = np.zeros((16, 16), np.uint16)
STREAM = htj2k.encode(PIXELS, num_decompositions=2)
NAN, INF = float("nan"), float("inf")

ENCODE = {
    "bits_stored": [0, -1, 17, 33, "8", [8], 12.0, True],
    "num_decompositions": [-1, 33, 1.5, "x", True],
    "reversible": ["yes", 1, 0.0],
    "qstep": [0, -1, 1e-6, 1.1, NAN, INF, "x", [1], True],
    "qfactor": [0, -5, 0.5, 101, NAN, INF, "x", True, 10**400],
    "color_transform": ["no", 1, True],
    "progression_order": [None, 5, [1], "rpcl", "RPC", b"RPCL"],
    "block_size": [None, 5, (1, 2, 3), ("a", 4), (64.0, 64), (2, 64), (48, 64), (128, 64)],
    "precinct_sizes": [5, "ab", [], [5], [(2,)], [None], [(100, 128)], [(2, 2)] * 40],
    "tile_size": [5, (1,), (1.5, 2), "ab", (0, 5), (5, 2**31)],
    "tlm": ["no", 0],
    "tile_parts": [5, "RR", "CR", "X", 0, [], False],
    "comment": [5, [5], "", "\u4e2d", b"x" * 65532, [None]],
    "container": [None, "jp2", "J2C", np.zeros(3)],
    "mask_unused_bits": ["x", 1],
    "verify": ["x", 1],
}
DECODE = {
    "reduce": [None, "1", 1.0, True, -1, 3, 33, 99],
    "out": [[1], 5, np.zeros((16, 15), np.uint16), np.zeros((16, 16), np.int16), np.zeros((16, 16), ">u2")],
    "clamp": [None, 5, "x"],
    "max_pixels": [0, -1, 1.5, "x", 255],
    "expected_shape": [5, "ab", (1,), (1, 2, 3, 4), (0, 5), (1.5, 2), (16, 17)],
    "dtype": ["x", 5, "f4", "u8", object, ">u2", "u1", "i2"],
    "bits_stored": ["x", 0, 33, 12],
    "is_signed": ["x", 1, True],
}
MAX_PIXELS = [0, -1, 1.5, "x", True, 2**70]
REDUCE = [None, "1", 1.0, True, -1, 2**70]
UNKNOWN = [
    lambda pixels, **options: htj2k.encode_batch([pixels], **options),
    lambda pixels, **options: htj2k.encode_batch([pixels], on_error="return", **options),
    htj2k.encode_with_checksums,
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ENCODE.items() for value in values])
def test_encode_names_the_argument(name, value):
    with pytest.raises((ValueError, TypeError), match=name):
        htj2k.encode(PIXELS, **{name: value})


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in DECODE.items() for value in values])
def test_decode_names_the_argument(name, value):
    with pytest.raises((ValueError, TypeError, htj2k.LimitError, htj2k.CodestreamError), match=name):
        htj2k.decode(STREAM, **{name: value})


@pytest.mark.parametrize("max_pixels", MAX_PIXELS)
def test_limits_that_are_none(max_pixels):
    for call in (htj2k.read_info, lambda data, **limit: htj2k.extract_resolution(data, reduce=0, **limit)):
        with pytest.raises((ValueError, TypeError), match=r"^max_pixels "):
            call(STREAM, max_pixels=max_pixels)


@pytest.mark.parametrize("reduce", REDUCE)
def test_extract_names_reduce(reduce):
    with pytest.raises((ValueError, TypeError), match=r"^reduce "):
        htj2k.extract_resolution(STREAM, reduce=reduce)


@pytest.mark.parametrize("call", UNKNOWN)
def test_unknown_options_are_refused_before_any_work(call):
    with pytest.raises(TypeError, match="'bits' is no argument of encode; these are bits_stored, "):
        call(PIXELS, bits=12)


@pytest.mark.parametrize("name", ["verify", "block_size", "qstep", "num_decompositions", "container", "comment"])
def test_errors_do_not_repeat_what_was_given(name):
    """It may be a patient's data."""
    large = bytes(10**5) if name != "comment" else [bytes(10**5)]
    with pytest.raises((TypeError, ValueError)) as raised:
        htj2k.encode(PIXELS, **{name: large})
    assert len(str(raised.value)) < 200


def test_arrays_are_sequences():
    asked = {"block_size": (32, 16), "tile_size": (8, 8), "precinct_sizes": [(4, 4), (8, 8)]}
    assert htj2k.encode(PIXELS, **{name: np.array(value) for name, value in asked.items()}) == htj2k.encode(
        PIXELS, **asked
    )
    part = htj2k.decode(STREAM, region=np.array([2, 6, 0, 5]), engine="native")
    assert part.shape == htj2k.decode(part_stream := htj2k.encode(part), expected_shape=np.array([4, 5])).shape
    assert htj2k.read_info(part_stream).width == 5


# Their memory holds addresses, which would have been read as bytes.
@pytest.mark.parametrize(
    "call", [htj2k.decode, htj2k.read_info, htj2k.crc32, lambda data: htj2k.decode_batch([data])]
)
def test_objects_are_no_bytes(call):
    with pytest.raises(TypeError, match="array of Python objects"):
        call(np.array([STREAM], object))
    with pytest.raises(TypeError, match="array of Python objects"):
        htj2k.verify_batch([np.array([STREAM], object)], [5])


CRC = htj2k.crc32(PIXELS)
READERS = {
    "codestream_checksums": functools.partial(htj2k.codestream_checksums, STREAM),
    "decode_with_checksum": functools.partial(htj2k.decode_with_checksum, STREAM),
    "decode_verified": functools.partial(htj2k.decode_verified, STREAM, CRC),
    "verify": functools.partial(htj2k.verify, STREAM, CRC),
    "verify_batch": functools.partial(htj2k.verify_batch, [STREAM], [CRC]),
    "ProgressiveDecoder": htj2k.ProgressiveDecoder,
}
WRONG = {
    "reduce": ["1", 1.0, True, -1, 33, 2**70],
    "clamp": [5, "x", ""],
    "max_pixels": [0, -1, 1.0, "x", True, 2**70],
    "decode_each_level": [None, "x", 1],
    "latest_only": [None, "x", 1],
}
TAKE = {
    "codestream_checksums": ["reduce", "clamp", "max_pixels", "decode_each_level"],
    "decode_with_checksum": ["reduce", "clamp", "max_pixels"],
    "decode_verified": ["reduce", "clamp", "max_pixels"],
    "verify": ["clamp", "max_pixels", "decode_each_level"],
    "verify_batch": ["clamp", "max_pixels", "decode_each_level"],
    "ProgressiveDecoder": ["clamp", "max_pixels", "latest_only"],
}


@pytest.mark.parametrize(
    ("function", "name", "value"),
    [(function, name, value) for function, names in TAKE.items() for name in names for value in WRONG[name]],
)
def test_readers_name_the_argument(function, name, value):
    """As decode does, and nothing else: not the data, which are a patient's."""
    is_switch = name in ("decode_each_level", "latest_only")
    out_of_range = name == "clamp" or (type(value) is int and not is_switch)
    with pytest.raises(ValueError if out_of_range else TypeError, match=f"^{name} (is|must be) ") as raised:
        READERS[function](**{name: value})
    assert len(str(raised.value)) < 100


@pytest.mark.parametrize("executor", [5, "x", object()])
def test_executor_must_take_work(executor):
    with pytest.raises(TypeError, match="executor must have a method submit"):
        htj2k.verify_batch([STREAM], [CRC], executor=executor)


@pytest.mark.parametrize("options", [{"reversible": True, "qstep": 0.1}, {"qstep": 0.1, "qfactor": 50}])
def test_arguments_that_exclude_each_other(options):
    with pytest.raises(ValueError, match="qstep"):
        htj2k.encode(PIXELS, **options)


@pytest.mark.parametrize("shape", [(), (4,), (0, 4), (4, 0), (4, 4, 0), (2, 4, 4, 3), (1, 1, 16385)], ids=str)
def test_shapes(shape):
    with pytest.raises(ValueError, match="pixels have shape"):
        htj2k.encode(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    "dtype", ["f2", "f4", "f8", "u8", "i8", "c8", "c16", "O", "U1", "M8[s]", [("a", "u1")]], ids=str
)
def test_dtypes(dtype):
    with pytest.raises(TypeError, match="pixels have dtype"):
        htj2k.encode(np.zeros((4, 4), dtype))


@pytest.mark.parametrize(
    ("dtype", "hint"), [("f4", "; convert to integers first"), ("i8", "; narrow it with astype"), ("O", "")]
)
def test_dtypes_and_what_to_do(dtype, hint):
    with pytest.raises(TypeError, match=f"uint32 and int32{hint}$"):
        htj2k.encode(np.zeros((4, 4), dtype))


@pytest.mark.parametrize("pixels", [None, "text", [[1, 2], [3]], [["a"]], 5, {}])
def test_what_is_no_array(pixels):
    with pytest.raises((TypeError, ValueError), match="pixels"):
        htj2k.encode(pixels)


def test_masked_samples_are_not_given_away():
    masked = np.ma.masked_array(PIXELS, PIXELS == 0)
    with pytest.raises(TypeError, match="pixels have masked samples"):
        htj2k.encode(masked)
    assert htj2k.encode(masked.filled(7)) == htj2k.encode(np.full_like(PIXELS, 7))
    assert htj2k.encode(np.ma.masked_array(PIXELS, False)) == htj2k.encode(PIXELS)


# US-01: values, not bytes, are encoded


@pytest.mark.parametrize("dtype", [">u2", ">i2", ">u4", ">i4", "<u2", "<u4", "<i2", "<i4", "u1", "i1"])
def test_byte_order(dtype):
    span = 128 if dtype == "i1" else 256 if dtype == "u1" else 4096
    pixels = (np.arange(4096) % span).astype(dtype).reshape(64, 64)
    pixels = -pixels if dtype[-2] == "i" else pixels
    decoded = htj2k.decode(htj2k.encode(pixels))
    assert decoded.dtype == pixels.dtype.newbyteorder("=")
    assert decoded.dtype.isnative
    assert np.array_equal(decoded, pixels)


# US-02: the last axis is the components', whatever its length


@pytest.mark.parametrize(
    "shape", [(20, 24), (1, 20, 24), (20, 24, 2), (20, 24, 4), (20, 24, 5), (3, 20, 24), (24, 20, 3)]
)
@pytest.mark.parametrize("dtype", ["u1", "i2"])
def test_shape_in_is_shape_out(shape, dtype):
    pixels = noise(shape, dtype)
    decoded = htj2k.decode(htj2k.encode(pixels), expected_shape=shape)
    assert decoded.shape == shape
    assert np.array_equal(decoded, pixels)


def test_one_component_has_no_axis():
    pixels = noise((20, 24, 1), "u2")
    decoded = htj2k.decode(htj2k.encode(pixels), expected_shape=(20, 24, 1))
    assert decoded.shape == (20, 24)
    assert np.array_equal(decoded, pixels[:, :, 0])


# US-05: unusual arrays are ordinary


@pytest.mark.parametrize(
    "view",
    [
        lambda a, _: a[::2, ::-1],
        lambda a, _: np.asfortranarray(a),
        lambda a, _: np.broadcast_to(a[:, :1], a.shape),
        lambda a, _: np.broadcast_to(a[0, 0], a.shape),
        lambda a, _: a.swapaxes(0, 1),
        lambda a, path: _mapped(a, path),
        lambda a, _: a.view(np.ndarray)[1:-1, 3:],
        lambda a, _: a.tolist() if a.dtype == bool else a,
    ],
    ids=["reversed", "fortran", "one column", "one sample", "transposed", "mapped", "cut out", "lists"],
)
@pytest.mark.parametrize("dtype", ["bool", "u1", "i1", "u2", "i2", "u4", "i4"])
@pytest.mark.parametrize("components", [1, 3, 4])
def test_any_array(view, dtype, components, tmp_path):
    pixels = noise((20, 24, components), "u1" if dtype == "bool" else dtype).astype(dtype)
    pixels = view(pixels[:, :, 0] if components == 1 else pixels, tmp_path)
    before = np.array(pixels)
    decoded = htj2k.decode(htj2k.encode(pixels))
    assert decoded.dtype == (np.uint8 if dtype == "bool" else dtype)
    assert np.array_equal(decoded, before)
    assert np.array_equal(pixels, before)


def _mapped(pixels: np.ndarray, folder: object) -> np.ndarray:
    mapped = np.memmap(f"{folder}/pixels", pixels.dtype, "w+", shape=pixels.shape)
    mapped[:] = pixels
    mapped.flush()
    return np.memmap(f"{folder}/pixels", pixels.dtype, "r", shape=pixels.shape)
