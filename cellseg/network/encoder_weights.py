"""Pre-trained weights of an encoder: from a file, the cache of Keras or a download."""

import hashlib
import os
from pathlib import Path

from cellseg import fetching
from cellseg.errors import CellsegError
from cellseg.fetching import BytesCallback
from cellseg.recipes.encoders import EncoderSettings

FILE_VARIABLE = "CELLSEG_ENCODER_WEIGHTS"
"""Environment variable with the path of the ImageNet weights."""


def local_file(settings: EncoderSettings, image_size: int) -> Path | None:
    """The weights file if it is on this machine; None otherwise.

    For `imagenet` it is the file in CELLSEG_ENCODER_WEIGHTS, or else in the cache of Keras.

    Raises
    ------
    CellsegError
        Where the named file does not exist.
    """
    if settings.encoder_weights != "imagenet":
        return _existing(Path(settings.encoder_weights), "The encoder weights file")
    if named := os.environ.get(FILE_VARIABLE):
        return _existing(Path(named), f"The file in {FILE_VARIABLE},")
    cached = _cache() / settings.architecture.file_name(settings.alpha, image_size)
    return cached if cached.is_file() else None


def available(settings: EncoderSettings, image_size: int) -> bool:
    """Whether a training can start without a download."""
    if settings.randomly_initialized:
        return True
    try:
        return local_file(settings, image_size) is not None
    except CellsegError:
        return False


def resolve(
    settings: EncoderSettings, image_size: int, progress: BytesCallback | None = None
) -> Path | None:
    """The weights file of the encoder, downloaded if necessary; None for `none`.

    Parameters
    ----------
    image_size : side of the images that the weights are for, pixels.
    progress : called with (bytes done, bytes in all) during a download.

    Raises
    ------
    CellsegError
        Where the file is missing and cannot be downloaded.
    """
    if settings.randomly_initialized:
        return None
    path = local_file(settings, image_size)
    if path is not None:
        return path
    return _download(settings, image_size, progress)


def sha256(path: Path) -> str:
    """SHA-256 of the content of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _existing(path: Path, name: str) -> Path:
    path = path.expanduser()
    if not path.is_file():
        raise CellsegError(f"{name} {path} does not exist; give the path of a Keras .h5 file.")
    return path


def _cache() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def _download(settings: EncoderSettings, image_size: int, progress: BytesCallback | None) -> Path:
    """Download the weights file of Keras to its cache."""
    encoder = settings.architecture
    name = encoder.file_name(settings.alpha, image_size)
    expected = encoder.sha256.get(name)
    known_hash = f"sha256:{expected}" if expected else None
    try:
        return fetching.download(encoder.weights_url + name, known_hash, _cache() / name, progress)
    except fetching.DownloadFailed as reason:
        raise CellsegError(
            f"The ImageNet weights {name} are not on this machine and could not be downloaded "
            f"({reason}). Connect to the network once; or set {FILE_VARIABLE} to the file; "
            "or choose the encoder weights `none`, which trains the encoder from your images."
        ) from reason
