"""Where image frames come from."""

from __future__ import annotations

from typing import Protocol


class FrameStore(Protocol):
    """What `verify_image_set` needs of a store: `ImageSetFolder` and `HealthImagingStore` are two.

    Both methods are called from several threads at a time. An `OSError` says why something cannot be had:
    `FileNotFoundError` that it is not there, `PermissionError` that it may not be read. With an executor whose
    workers are processes the store must pickle.
    """

    def read(self, frame_id: str) -> bytes:
        """The bytes of one frame as they are stored.

        Parameters
        ----------
        frame_id : str
            As the metadata name the frame.

        Returns
        -------
        bytes

        Raises
        ------
        OSError
            They cannot be had; FileNotFoundError: there is no such frame.
        """
        ...

    def read_metadata(self) -> bytes:
        """The metadata document of the image set, gzip or plain, for `read_metadata`."""
        ...
