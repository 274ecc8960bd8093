"""Identifiers in HealthImaging's form: 32 lowercase hexadecimal digits, here derived from content."""

from __future__ import annotations

import hashlib
import re

#: HealthImaging's IDs, and what else may name a file below an image set: no separators, no leading dot.
_PLAIN_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}\Z", re.ASCII)

#: A local folder is no data store of the service; the key stays, for readers that insist on it.
LOCAL_DATASTORE_ID = "0" * 32


def content_id(*parts: bytes | str) -> str:
    """The ID of a piece of content: equal parts give equal IDs on every machine.

    Each part is hashed with its length in front: moving a byte from one part to the next changes the ID.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def frame_id(sop_instance_uid: str, index: int, codestream: bytes) -> str:
    """The ID of a frame of ours; it also tells whether a single stored bit was changed since."""
    return content_id(sop_instance_uid, str(index), codestream)


def is_plain_name(name: str) -> bool:
    """Whether `name` can name a file without leaving its folder (an ID always can, ``../x`` never)."""
    return _PLAIN_NAME.match(name) is not None
