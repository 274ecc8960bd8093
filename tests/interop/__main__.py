"""Write docs/interop.md: `python tests/interop`. With `--quick`, only the cases that the tests take."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import interop_page
import matrix
import peer_process
from cases import all_cases

TARGET = Path(__file__).parents[2] / "docs" / "interop.md"


def main() -> None:
    found, missing = peer_process.available()
    own = matrix.Own()
    peers: list[matrix.Peer] = [own, *(peer for peer, _ in found)]
    versions = {own.name: str(own.version().value), **{peer.name: version for peer, version in found}}
    codecs = {peer.name: peer.codec for peer in peers}
    streams, results = [], []
    cases = [case for case in all_cases() if case.quick or "--quick" not in sys.argv]
    for stream in matrix.encoded(peers, cases):
        streams.append(stream)
        if stream.answer.state == "ok":
            results += [result for decoder in peers for result in matrix.decoded(stream, decoder)]
    for peer in peers:
        peer.close()
    faults = matrix.culprits(results, codecs)
    TARGET.write_text(interop_page.page(versions, codecs, missing, streams, results, faults))
    print(interop_page.own_line(results, faults))  # noqa: T201


if __name__ == "__main__":
    main()
