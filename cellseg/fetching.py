"""Download a file: whole and with the right hash, or not at all."""

import base64
from collections.abc import Callable
from pathlib import Path

from cellseg.errors import CellsegError

CONNECT_TIMEOUT = 10
READ_TIMEOUT = 30

Progress = Callable[[int, int], None]


class NotFetched(CellsegError):
    """The file did not come; the message is the reason, without a capital or a full stop."""


def fetch(
    url: str,
    known_hash: str | None,
    target: Path,
    progress: Progress | None = None,
    unchecked: bool = False,
) -> Path:
    """Download a file unless it is there already; it appears whole and checked, or not at all.

    Parameters
    ----------
    known_hash : `sha256:HEX` or `md5:HEX`; None asks the server for the MD5 that it declares, as
        Google's storage does.
    progress : called with (bytes done, bytes in all).
    unchecked : whether a file without a hash is taken, because the caller checks its content.

    Raises
    ------
    NotFetched
        Where there is no connection, no answer, another content or no hash to check it by.
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
        raise NotFetched(_reason(error)) from error
    return target


def _downloader(
    progress: Progress | None, timeout: tuple[int, int]
) -> Callable[[str, str, object], None]:
    """How pooch gets the bytes of an address into a file."""
    import requests

    def download(url: str, target: str, _: object) -> None:
        with requests.get(url, stream=True, timeout=timeout) as answer:
            answer.raise_for_status()
            total, done = int(answer.headers.get("Content-Length", 0)), 0
            with Path(target).open("wb") as file:
                for chunk in answer.iter_content(1 << 16):
                    file.write(chunk)
                    done += len(chunk)
                    if progress:
                        progress(done, total)

    return download


def _declared_md5(url: str, timeout: tuple[int, int]) -> str:
    """The MD5 that Google's storage declares for a file it serves, as `md5:HEX`."""
    import requests

    answer = requests.head(url, timeout=timeout, allow_redirects=True)
    answer.raise_for_status()
    for part in answer.headers.get("x-goog-hash", "").split(","):
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
