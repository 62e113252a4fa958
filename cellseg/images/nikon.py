"""Nikon ND2 files, through nd2; one frame is read at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images.calibration import clean_names, square_pixel_size
from cellseg.images.size_limits import check_memory, check_pixels
from cellseg.images.stack import Stack


@contextmanager
def opened(path: Path, name: str) -> Iterator[Stack]:
    """The frames of an ND2 file as one stack."""
    import nd2

    with nd2.ND2File(path) as file:
        sizes = dict(file.sizes)
        height, width = sizes.pop("Y"), sizes.pop("X")
        check_pixels(height, width, name)
        samples = sizes.pop("S", 1)
        channels = sizes.pop("C", 1)
        check_memory(height * width * samples * channels * file.dtype.itemsize, name)
        loops = {axis: length for axis, length in sizes.items() if length > 1}
        unknown = set(loops) - set("PTZ")
        if unknown or (samples > 1 and channels > 1):
            raise CellsegError(
                f"{name} has unknown axes ({', '.join(file.sizes)}); cellseg reads positions, time "
                "points, planes and channels; export it as an OME-TIFF."
            )
        axes = "".join(loops) + ("C" if channels > 1 else "") + "YX" + ("C" if samples > 1 else "")
        shape = (
            *loops.values(),
            *([channels] if channels > 1 else []),
            height,
            width,
            *([samples] if samples > 1 else []),
        )
        names, pixel_size = _calibration(file, samples)
        kept = names if len(names) == max(channels, 1) and samples == 1 else ()
        yield Stack(name, _Frames(file, axes, shape), axes, kept, pixel_size)


READERS = dict.fromkeys((b"\xda\xce\xbe\n", b"\0\0\0\x0cjP  \r\n\x87\n"), opened)
"""The reader by the first bytes of files: current and legacy ND2."""


class _Frames:
    """The frames of an ND2 file, indexed by the axes before Y and X."""

    def __init__(self, file: object, axes: str, shape: tuple[int, ...]) -> None:
        self._file = file
        self.shape = shape
        self.dtype: np.dtype = np.dtype(file.dtype)  # type: ignore[attr-defined]
        self._channels = axes.find("C") if "C" in axes[: axes.index("Y")] else None
        self._last: tuple[int, np.ndarray] | None = None

    def __getitem__(self, index: tuple[int, ...]) -> np.ndarray:
        loops = index if self._channels is None else index[: self._channels]
        frame = int(np.ravel_multi_index(loops, self.shape[: len(loops)])) if loops else 0
        if self._last is None or self._last[0] != frame:
            array = np.asarray(self._file.read_frame(frame))  # type: ignore[attr-defined]
            self._last = (frame, array)
        array = self._last[1]
        picture = array if self._channels is None else array[index[self._channels]]
        rank = 3 if len(self.shape) > 2 and self._samples else 2
        return picture.reshape(picture.shape[-rank:])

    @property
    def _samples(self) -> bool:
        return bool(self._file.is_rgb)  # type: ignore[attr-defined]


def _calibration(file: object, samples: int) -> tuple[tuple[str, ...], float | None]:
    """Channel names and pixel size; empty and None where the metadata lack them."""
    try:
        channels = file.metadata.channels or []  # type: ignore[attr-defined]
        names = clean_names(channel.channel.name for channel in channels)
        volume = channels[0].volume
        calibrated = volume.axesCalibrated[0] and volume.axesCalibrated[1]
        size = square_pixel_size(*volume.axesCalibration[:2]) if calibrated else None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return (), None
    return (names if samples == 1 else ()), size
