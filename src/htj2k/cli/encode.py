"""``htj2k encode``: one image to one codestream."""

from __future__ import annotations

from pathlib import Path

import click

import htj2k
from htj2k.healthimaging.files import replace_file

from .output import exit_2_on_error, json_option, print_json, say
from .pixels import load
from .targets import TARGET, require_files


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=TARGET)
@click.option("--shape", help="Raw samples: ROWS,COLUMNS[,COMPONENTS], components interleaved.")
@click.option("--dtype", help="Raw samples: numpy's name, for example u1, <i2, >u2.")
@click.option("--frame", type=click.IntRange(min=0), help="DICOM: which frame, from 0 (default 0).")
@click.option("--bits-stored", type=click.IntRange(1, 32), help="Precision to declare. Default: the container's.")
@click.option("--mask-unused-bits", is_flag=True, help="Drop the bits above --bits-stored; else they are refused.")
@click.option("--num-decompositions", type=click.IntRange(0, 32), help="Default: base at most 64 wide or high.")
@click.option(
    "--container",
    type=click.Choice(["j2c", "jph"]),
    help="Bare codestream, or JPH file around it. Default: jph if OUT ends with .jph, else j2c.",
)
@json_option
@exit_2_on_error
def encode(
    source: Path,
    target: Path,
    shape: str | None,
    dtype: str | None,
    frame: int | None,
    bits_stored: int | None,
    mask_unused_bits: bool,
    num_decompositions: int | None,
    container: str | None,
    as_json: bool,
) -> None:
    """Encode IN losslessly into OUT: a codestream (1.2.840.10008.1.2.4.202), or a JPH file.

    IN is a .npy file, a DICOM file, or raw samples with --shape and --dtype. What was encoded is decoded
    again at every resolution and compared before OUT is written.

    \b
    Examples:
      htj2k encode frame.npy frame.j2c
      htj2k encode image.dcm frame.jph --frame 3
      htj2k encode raw.bin frame.j2c --shape 512,512 --dtype '<i2' --bits-stored 12"""
    if target.suffix.lower() == ".jp2":
        raise ValueError(f"{target}: a JP2 file holds no HTJ2K; name it .jph for a JPH file, else .j2c")
    require_files([target], [source])
    pixels, color_transform = load(source, shape=shape, dtype=dtype, frame=frame)
    encoded = htj2k.encode_with_checksums(
        pixels,
        bits_stored=bits_stored,
        mask_unused_bits=mask_unused_bits,
        num_decompositions=num_decompositions,
        color_transform=color_transform,
        container=container or ("jph" if target.suffix.lower() == ".jph" else "j2c"),
    )
    codestream = encoded.codestream
    htj2k.verify(codestream, encoded.checksums).raise_for_mismatch()
    replace_file(target, codestream)
    report = {
        "ok": True,
        "shape": list(pixels.shape),
        "dtype": str(pixels.dtype),
        "bytesDecoded": pixels.nbytes,
        "bytesStored": len(codestream),
        "levels": [level.to_dict() for level in encoded.checksums],
    }
    if as_json:
        print_json(report)
    else:
        ratio = pixels.nbytes / len(codestream)
        say(f"{target}: {pixels.nbytes} -> {len(codestream)} bytes ({ratio:.2f}:1), verified")
