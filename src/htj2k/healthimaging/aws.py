"""Image sets in AWS HealthImaging, through boto3."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from .retry import Retry

#: Errors of the service that pass. ConflictException is also sent while a large image set is being processed.
_TRANSIENT_CODES = {
    "ConflictException",
    "InternalServerException",
    "RequestTimeout",
    "ServiceUnavailableException",
    "ThrottlingException",
    "TooManyRequestsException",
}
_TRANSIENT_STATUS = (408, 409, 429)


class HealthImagingStore:
    """One image set of AWS HealthImaging; a `FrameStore`.

    Parameters
    ----------
    datastore_id, image_set_id : str
        The IDs of the service.
    version_id : str, optional
        A version of the image set's metadata; by default the latest.
    client : optional
        A boto3 client for ``medical-imaging``, to be used as it is. By default one is made from boto3's usual
        configuration when it is first needed; only then can the store be pickled.
    region_name, profile_name, endpoint_url : str, optional
        For that client. Requests go to exactly `endpoint_url`, without a prefix before its host.
    retry : Retry
        For throttling, conflicts, errors of the server, lost connections and bodies that end early.
    timeout : float
        Seconds to wait for a connection or for more bytes.
    connections : int
        Connections that are kept open.

    Notes
    -----
    `read` and `read_metadata` raise `FileNotFoundError` for what does not exist, `PermissionError` for what
    may not be read, and `OSError` for what fails otherwise or keeps failing.
    """

    def __init__(
        self,
        datastore_id: str,
        image_set_id: str,
        *,
        version_id: str | None = None,
        client: Any = None,
        region_name: str | None = None,
        profile_name: str | None = None,
        endpoint_url: str | None = None,
        retry: Retry | None = None,
        timeout: float = 60.0,
        connections: int = 32,
    ) -> None:
        self.datastore_id = datastore_id
        self.image_set_id = image_set_id
        self._version_id = version_id
        self._session = {"region_name": region_name, "profile_name": profile_name}
        self._endpoint_url = endpoint_url
        self._retry = retry or Retry()
        self._timeout = timeout
        self._connections = connections
        self._given_client = client
        self._client = client
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"HealthImagingStore({self.datastore_id!r}, {self.image_set_id!r})"

    def __getstate__(self) -> dict[str, Any]:
        if self._given_client is not None:
            raise TypeError("a HealthImagingStore with a client of yours cannot be pickled; let it make its own")
        return {name: value for name, value in vars(self).items() if name not in ("_client", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _client=None, _lock=threading.Lock())

    def read(self, frame_id: str) -> bytes:
        """The bytes of one frame, by ``GetImageFrame``.

        Parameters
        ----------
        frame_id : str
            As the metadata name the frame.

        Returns
        -------
        bytes
            As stored: HTJ2K, or what was imported.

        Raises
        ------
        OSError
            They cannot be had; FileNotFoundError: there is no such frame. Transient errors were tried again.
        """
        frame = {"imageFrameInformation": {"imageFrameId": frame_id}}
        return self._call("get_image_frame", "imageFrameBlob", frame, f"image frame {frame_id}")

    def read_metadata(self) -> bytes:
        """The metadata document, by ``GetImageSetMetadata``."""
        version = {} if self._version_id is None else {"versionId": self._version_id}
        return self._call("get_image_set_metadata", "imageSetMetadataBlob", version, "metadata")

    def _call(self, method: str, blob: str, parameters: dict[str, Any], what: str) -> bytes:
        request = getattr(self._connect(), method)
        where = {"datastoreId": self.datastore_id, "imageSetId": self.image_set_id}

        def download() -> bytes:
            response = request(**where, **parameters)
            # Raises when the body is shorter than its declared length.
            return bytes(response[blob].read())

        try:
            return self._retry.call(download, _is_transient)
        except Exception as error:
            _raise_clearly(error, f"{what} of image set {self.image_set_id} in data store {self.datastore_id}")

    def _connect(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._new_client()
            return self._client

    def _new_client(self) -> Any:
        try:
            from boto3.session import Session
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError
        except ImportError as error:
            raise ImportError(
                'AWS HealthImaging needs boto3; pip install "htj2k[healthimaging]"', name="boto3"
            ) from error
        config: dict[str, Any] = {
            "retries": {"total_max_attempts": 1},  # `retry` decides, also about bodies
            "connect_timeout": self._timeout,
            "read_timeout": self._timeout,
            "max_pool_connections": self._connections,
        }
        if self._endpoint_url is not None:
            config["inject_host_prefix"] = False
        try:
            session = Session(**self._session)
            return session.client("medical-imaging", endpoint_url=self._endpoint_url, config=Config(**config))
        except (BotoCoreError, ValueError) as error:  # no region, no such profile, an endpoint that is no URL
            raise OSError(errno.EINVAL, f"{type(error).__name__}: {error}", "AWS configuration") from error


def _is_transient(error: Exception) -> bool:
    from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code")
        return code in _TRANSIENT_CODES or status in _TRANSIENT_STATUS or status >= 500
    return isinstance(error, (HTTPClientError, IncompleteReadError, ConnectionError, TimeoutError))


def _raise_clearly(error: Exception, what: str) -> NoReturn:
    """Raise an `OSError` that says what failed, why, and what to do."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        problem = error.response.get("Error", {})
        code, message = problem.get("Code", "unknown error"), problem.get("Message", "")
        raise_as = _SERVICE_ERRORS.get(str(code), _unexpected)
        raise raise_as(f"{code}: {message}" if message else str(code), what) from error
    if isinstance(error, BotoCoreError) and "Credentials" in type(error).__name__:
        raise PermissionError(errno.EACCES, f"{error}; boto3 looks for AWS credentials", what) from error
    if isinstance(error, (BotoCoreError, OSError)):
        raise OSError(errno.EIO, f"{type(error).__name__}: {error}", what) from error
    raise error


def _denied(message: str, what: str) -> OSError:
    advice = "allow medical-imaging:GetImageFrame and GetImageSetMetadata, and the use of the data store's KMS key"
    return PermissionError(errno.EACCES, f"{message}; {advice}", what)


def _not_found(message: str, what: str) -> OSError:
    return FileNotFoundError(errno.ENOENT, f"{message}; check the IDs and the region", what)


def _unexpected(message: str, what: str) -> OSError:
    return OSError(errno.EIO, message, what)


_SERVICE_ERRORS: dict[str, Callable[[str, str], OSError]] = {
    "AccessDeniedException": _denied,
    "ExpiredTokenException": _denied,
    "UnrecognizedClientException": _denied,
    "ResourceNotFoundException": _not_found,
}
