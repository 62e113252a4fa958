"""Where the encoder's pre-trained weights come from: a file, Keras's cache or one download."""

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from cellseg.config import NetworkSettings
from cellseg.errors import CellsegError

FILE_VARIABLE = "CELLSEG_ENCODER_WEIGHTS"
SOURCE = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
CONNECT_TIMEOUT = 10
READ_TIMEOUT = 30
_PUBLISHED_SIZES = (96, 128, 160, 192, 224)
_SHA256 = {
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5": (
        "d43c70f8ea04b1087170401b2f4739f41b94200e30892ea8d050ac65779146c6"
    ),
}

Progress = Callable[[int, int], None]


def file_name(alpha: float, image_size: int) -> str:
    """Keras's name of the MobileNetV2 file without top for an encoder width and image size."""
    size = image_size if image_size in _PUBLISHED_SIZES else 224
    return f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{size}_no_top.h5"


def local_file(settings: NetworkSettings, image_size: int) -> Path | None:
    """The weights file if it is on this machine already; asks no network.

    For `imagenet`: the file that CELLSEG_ENCODER_WEIGHTS names, else Keras's cache.

    Raises
    ------
    CellsegError
        Where a file is named that does not exist.
    """
    if settings.encoder_weights != "imagenet":
        return _existing(Path(settings.encoder_weights), "The encoder weights file")
    if named := os.environ.get(FILE_VARIABLE):
        return _existing(Path(named), f"The file that {FILE_VARIABLE} names,")
    cached = _cache() / file_name(settings.alpha, image_size)
    return cached if cached.is_file() else None


def available(settings: NetworkSettings, image_size: int) -> bool:
    """Whether training can start without asking the network."""
    if settings.encoder_trains:
        return True
    try:
        return local_file(settings, image_size) is not None
    except CellsegError:
        return False


def resolve(
    settings: NetworkSettings, image_size: int, progress: Progress | None = None
) -> Path | None:
    """The weights file to start the encoder from, downloaded if need be; None for `none`.

    Parameters
    ----------
    settings, image_size : decide which of Keras's files is meant.
    progress : called with (bytes done, bytes in all) while it downloads.

    Raises
    ------
    CellsegError
        Where the file is missing and cannot be downloaded, with the three ways out.
    """
    if settings.encoder_trains:
        return None
    found = local_file(settings, image_size)
    if found is not None:
        return found
    return _download(file_name(settings.alpha, image_size), progress)


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _existing(path: Path, what: str) -> Path:
    path = path.expanduser()
    if not path.is_file():
        raise CellsegError(f"{what} {path} does not exist; give the path of a Keras .h5 file.")
    return path


def _cache() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def _download(name: str, progress: Progress | None) -> Path:
    """Fetch Keras's file into Keras's cache; it appears there whole and checked, or not at all."""
    import pooch
    import requests

    timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
    try:
        expected = _SHA256.get(name)
        known_hash = f"sha256:{expected}" if expected else _declared_md5(SOURCE + name, timeout)
        bar = _ProgressBar(progress) if progress else False
        downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 16, timeout=timeout)
        pooch.get_logger().setLevel("ERROR")
        found = pooch.retrieve(
            SOURCE + name, known_hash, fname=name, path=_cache(), downloader=downloader
        )
    except (requests.RequestException, OSError, ValueError) as error:
        raise CellsegError(
            f"The ImageNet weights {name} are not on this machine and could not be downloaded "
            f"({_reason(error)}). Connect to the network once; or set {FILE_VARIABLE} to the file; "
            "or choose the encoder weights `none`, which trains the encoder from your images."
        ) from error
    return Path(found)


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


class _ProgressBar:
    """The part of a tqdm bar that pooch drives, passed on as (done, total)."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0
        self.total = 0

    def update(self, count: int) -> None:
        self._done += count
        self._progress(self._done, self.total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Nothing is held open."""
