"""The repairs that findings offer, by name."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cellseg.datasets.intake.checks import pixel_repairs
from cellseg.images.image import Image

PixelRepair = Callable[[Image, np.ndarray], tuple[Image, np.ndarray]]


@dataclass(frozen=True)
class Repair:
    """One repair.

    label : short name for a button.
    sentence : what the repair does.
    pixels : function that makes the new image and mask; None where pixels stay as they are.
    """

    label: str
    sentence: str
    pixels: PixelRepair | None = None


REPAIRS = {
    "leave-out": Repair("Leave out", "The files are left out of the dataset."),
    "keep-first": Repair("Keep one", "The first of equal images is kept."),
    "split-by-file": Repair(
        "Keep files together",
        "All planes of a file go to the same set, training or test. If there is only one file, "
        "its last planes become the test set.",
    ),
    "turn-mask": Repair(
        "Rotate the mask", "The mask is rotated to fit its image.", pixel_repairs.rotate_mask
    ),
    "resize-mask": Repair(
        "Resize the mask", "The mask gets the size of its image.", pixel_repairs.resize_mask
    ),
    "swap": Repair("Swap", "Image and mask change places.", pixel_repairs.swap_image_and_mask),
    "colours-to-numbers": Repair(
        "Colours to labels",
        "Each colour becomes a label. Black is background; if there is no black, the most frequent "
        "colour is background.",
        pixel_repairs.colours_to_labels,
    ),
    "connected-components": Repair(
        "Label connected components",
        "Each connected component becomes a cell; touching cells stay one cell.",
        pixel_repairs.label_components,
    ),
    "split-touching": Repair(
        "Split touching cells",
        "A watershed splits components that look like several round cells.",
        pixel_repairs.split_touching_cells,
    ),
    "threshold": Repair(
        "Make binary", "Grey edges become cell or background.", pixel_repairs.threshold
    ),
    "snap-to-labels": Repair(
        "Assign to nearest label",
        "Pixels with intermediate values get the nearest label or background.",
        pixel_repairs.assign_nearest_label,
    ),
    "number-parts": Repair(
        "Relabel connected components",
        "Each connected component becomes a cell.",
        pixel_repairs.label_parts,
    ),
    "tidy-parts": Repair(
        "Remove fragments, split detached parts",
        "Small fragments are deleted; detached parts of a label become cells of their own.",
        pixel_repairs.clean_up_parts,
    ),
    "background-to-zero": Repair(
        "Set background to 0",
        "The area around the cells becomes background.",
        pixel_repairs.background_to_zero,
    ),
    "crop-to-labelled": Repair(
        "Crop to the labelled region",
        "Image and mask are cropped to the region that is labelled.",
        pixel_repairs.crop_to_labelled_region,
    ),
    "every-value": Repair(
        "All values are cells",
        "Pixels of all values except background become cells.",
        pixel_repairs.all_values_to_cells,
    ),
    "brightest-value": Repair(
        "Only the highest value",
        "Only pixels with the highest value become cells.",
        pixel_repairs.highest_value_to_cells,
    ),
}
"""Every repair by its name."""
