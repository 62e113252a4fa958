"""Where the pre-trained weights of an encoder come from: a file, Keras's cache or one download."""

import hashlib
import os
from pathlib import Path

from cellseg import fetching
from cellseg.errors import CellsegError
from cellseg.fetching import Progress
from cellseg.recipes.encoders import EncoderSettings

FILE_VARIABLE = "CELLSEG_ENCODER_WEIGHTS"


def local_file(settings: EncoderSettings, image_size: int) -> Path | None:
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
    cached = _cache() / settings.architecture.file_name(settings.alpha, image_size)
    return cached if cached.is_file() else None


def available(settings: EncoderSettings, image_size: int) -> bool:
    """Whether training can start without asking the network."""
    if settings.starts_random:
        return True
    try:
        return local_file(settings, image_size) is not None
    except CellsegError:
        return False


def resolve(
    settings: EncoderSettings, image_size: int, progress: Progress | None = None
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
    if settings.starts_random:
        return None
    found = local_file(settings, image_size)
    if found is not None:
        return found
    return _download(settings, image_size, progress)


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


def _download(settings: EncoderSettings, image_size: int, progress: Progress | None) -> Path:
    """Fetch Keras's file into Keras's cache; it appears there whole and checked, or not at all."""
    encoder = settings.architecture
    name = encoder.file_name(settings.alpha, image_size)
    expected = encoder.sha256.get(name)
    known_hash = f"sha256:{expected}" if expected else None
    try:
        return fetching.fetch(encoder.weights_url + name, known_hash, _cache() / name, progress)
    except fetching.NotFetched as reason:
        raise CellsegError(
            f"The ImageNet weights {name} are not on this machine and could not be downloaded "
            f"({reason}). Connect to the network once; or set {FILE_VARIABLE} to the file; "
            "or choose the encoder weights `none`, which trains the encoder from your images."
        ) from reason
