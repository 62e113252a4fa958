"""Synthetic images of fluorescent nuclei with true label images."""

import numpy as np
from scipy import ndimage

_CAMERA_OFFSET = 180.0
_CAMERA_MAXIMUM = 4095
_READ_NOISE = 12.0
_TOUCHING = 0.45


def draw_cells(
    rng: np.random.Generator, size: int = 256, cells: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw an image of a 12-bit camera, and its label image.

    Nuclei vary in outline, brightness and texture, and about half of them touch another one. The
    image has uneven illumination, Gaussian blur, Poisson noise of photons and Gaussian noise of
    the camera.

    Parameters
    ----------
    rng : the same state draws the same image.
    size : height and width, in pixels.
    cells : number of cells that are tried; fewer may fit. By default one for each 2200 square
        pixels, varied by a third.

    Returns
    -------
    image : (size, size) uint16, 0 to 4095.
    labels : (size, size) uint16, 0 = background, consecutive from 1.
    """
    if cells is None:
        cells = max(1, round(size * size / 2200 * rng.uniform(0.67, 1.33)))
    labels = np.zeros((size, size), np.uint16)
    light = np.zeros((size, size))
    centres: list[tuple[float, float, float]] = []
    for _ in range(cells):
        row, column, radius = _place(rng, size, centres)
        window, shape = _nucleus(rng, size, row, column, radius)
        free = shape & (labels[window] == 0)
        if free.sum() < 0.75 * shape.sum() or free.sum() < 20:
            continue
        centres.append((row, column, radius))
        labels[window][free] = len(centres)
        light[window][free] = rng.uniform(500, 1900) * _texture(rng, size)[window][free]
    return _camera_image(rng, light), labels


def _place(
    rng: np.random.Generator, size: int, centres: list[tuple[float, float, float]]
) -> tuple[float, float, float]:
    """Centre (row, column) and radius of the next cell: anywhere, or beside another cell."""
    radius = float(rng.uniform(10, 17))
    if not centres or rng.random() > _TOUCHING:
        return float(rng.uniform(0, size)), float(rng.uniform(0, size)), radius
    row, column, other = centres[rng.integers(len(centres))]
    angle = rng.uniform(0, 2 * np.pi)
    distance = 0.93 * (radius + other)
    return row + distance * float(np.sin(angle)), column + distance * float(np.cos(angle)), radius


def _nucleus(
    rng: np.random.Generator, size: int, row: float, column: float, radius: float
) -> tuple[tuple[slice, slice], np.ndarray]:
    """A dented ellipse: its window in the image, and its pixels in the window, bool."""
    window = (_reach(row, 1.5 * radius, size), _reach(column, 1.5 * radius, size))
    rows, columns = np.mgrid[window]
    down, right = rows - row, columns - column
    angle = np.arctan2(down, right)
    flattening, direction = rng.uniform(0, 0.22), rng.uniform(0, np.pi)
    outline = 1 + flattening * np.cos(2 * (angle - direction))
    for waves in (3, 4, 5):
        outline += rng.uniform(0, 0.04) * np.cos(waves * angle + rng.uniform(0, 2 * np.pi))
    return window, np.hypot(down, right) < radius * outline


def _reach(middle: float, reach: float, size: int) -> slice:
    """The indices from `middle - reach` to `middle + reach` inside the image."""
    first, last = (min(size, max(0, int(end))) for end in (middle - reach, middle + reach + 1))
    return slice(first, last)


def _texture(rng: np.random.Generator, size: int) -> np.ndarray:
    """Texture of chromatin: smooth variation around 1, (size, size)."""
    grain = ndimage.gaussian_filter(rng.standard_normal((size, size)), 2.5)
    return np.clip(1 + 0.18 * grain / max(float(grain.std()), 1e-9), 0.4, 1.6)


def _camera_image(rng: np.random.Generator, light: np.ndarray) -> np.ndarray:
    """The camera image of the light of the cells."""
    size = light.shape[0]
    rows, columns = np.mgrid[:size, :size] / size
    row, column = rng.uniform(0.2, 0.8, 2)
    vignette = 1 - 0.6 * ((rows - row) ** 2 + (columns - column) ** 2)
    haze = ndimage.gaussian_filter(light, size / 12) * 0.35 + rng.uniform(40, 160)
    blurred = ndimage.gaussian_filter(light + haze, rng.uniform(0.9, 1.7)) * vignette
    photons = rng.poisson(np.maximum(blurred, 0) / 4.0) * 4.0  # 4 grey values a photon
    camera = photons + _CAMERA_OFFSET + rng.normal(0, _READ_NOISE, light.shape)
    return np.clip(np.round(camera), 0, _CAMERA_MAXIMUM).astype(np.uint16)
