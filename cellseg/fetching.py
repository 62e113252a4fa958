"""Downloads: a file appears complete and with the right hash, or not at all."""

import base64
from collections.abc import Callable
from pathlib import Path

from cellseg.errors import CellsegError

CONNECT_TIMEOUT = 10
"""Seconds."""

READ_TIMEOUT = 30
"""Seconds."""

BytesCallback = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


class DownloadFailed(CellsegError):
    """A download failed; the message is the reason, without a capital and a full stop."""


def download(
    url: str,
    known_hash: str | None,
    target: Path,
    progress: BytesCallback | None = None,
    unchecked: bool = False,
) -> Path:
    """Download a file and verify its hash, unless it exists already.

    Parameters
    ----------
    known_hash : `sha256:HEX` or `md5:HEX`; None takes the MD5 that the server declares, as Google
        Cloud Storage does.
    target : path of the file; it appears there when it is complete.
    progress : called with (bytes done, bytes in all).
    unchecked : whether to accept a file without a hash; the caller verifies its content.

    Raises
    ------
    DownloadFailed
        Where there is no connection, no answer, no hash, or the content has another hash.
    """
    import pooch
    import requests

    timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
    try:
        if known_hash is None and not unchecked:
            known_hash = _declared_md5(url, timeout)
        pooch.get_logger().setLevel("ERROR")
        pooch.retrieve(
            url, known_hash, target.name, target.parent, downloader=_downloader(progress, timeout)
        )
    except (requests.RequestException, OSError, ValueError) as error:
        raise DownloadFailed(_reason(error)) from error
    return target


def _downloader(
    progress: BytesCallback | None, timeout: tuple[int, int]
) -> Callable[[str, str, object], None]:
    """Downloader for pooch that reports progress."""
    import requests

    def stream(url: str, target: str, _: object) -> None:
        with requests.get(url, stream=True, timeout=timeout) as response:
            response.raise_for_status()
            total, done = int(response.headers.get("Content-Length", 0)), 0
            with Path(target).open("wb") as file:
                for chunk in response.iter_content(1 << 16):
                    file.write(chunk)
                    done += len(chunk)
                    if progress:
                        progress(done, total)

    return stream


def _declared_md5(url: str, timeout: tuple[int, int]) -> str:
    """The MD5 that Google Cloud Storage declares for a file, as `md5:HEX`."""
    import requests

    response = requests.head(url, timeout=timeout, allow_redirects=True)
    response.raise_for_status()
    for part in response.headers.get("x-goog-hash", "").split(","):
        kind, _, value = part.strip().partition("=")
        if kind == "md5":
            return "md5:" + base64.b64decode(value).hex()
    raise ValueError("the server declares no hash to check the file by")


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "there is no connection to the server"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code}"
    return str(error).splitlines()[0].rstrip(".")
