"""Each finding is planted into sound pairs, found, and nothing else; then repaired."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from cellseg.datasets.intake.checks import pixel_repairs
from cellseg.datasets.intake.checks.all_checks import run_checks
from cellseg.datasets.intake.checks.dataset_facts import (
    DatasetFacts,
    MatchedPair,
    MismatchedPair,
    SkippedFile,
)
from cellseg.datasets.intake.checks.pair_check import find_mismatch
from cellseg.datasets.intake.checks.pair_measurements import measure_pair
from cellseg.datasets.masks import mask_facts
from cellseg.images.image import Image

SIDE = 96
PAIRS = 12


def labels(seed=0, side=SIDE):
    """Nine round cells that do not touch, numbered from 1, uint16."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    drawn = np.zeros((side, side), np.uint16)
    for number in range(9):
        row, column = (16 + 32 * place for place in divmod(number, 3))
        radius = rng.integers(8, 12)
        drawn[(y - row) ** 2 + (x - column) ** 2 <= radius**2] = number + 1
    return drawn


def picture(mask, seed=0, bright=150, dark=30, noise=12):
    """A grey image with noise in which the cells of a mask are bright, uint8."""
    rng = np.random.default_rng(1000 + seed)
    return np.clip(
        np.where(mask > 0, bright, dark) + rng.normal(0, noise, mask.shape), 0, 250
    ).astype(np.uint8)


def pair(seed, image=None, mask=None, **facts):
    """One pair; sides and sources by keyword."""
    mask = labels(seed) if mask is None else mask
    image = picture(labels(seed), seed) if image is None else image
    side = facts.pop("side", None)
    shown = Image(image, "YX" if image.ndim == 2 else "YXC")
    name = f"{seed:02}"
    measurements = measure_pair(shown, mask, **facts)
    return MatchedPair(
        name, f"{name}.tif", f"{name}_mask.tif", mask_facts(mask), measurements, side
    )


def dataset(*planted, **more):
    """Sound pairs, some of them exchanged for planted ones of the same name."""
    there = {each.name: each for each in planted}
    return DatasetFacts(tuple(there.get(f"{n:02}") or pair(n) for n in range(PAIRS)), **more)


def binary(n):
    return (labels(n) > 0).astype(np.uint8) * 255


def only(dataset):
    """The one finding; that there is no other is the point."""
    findings = run_checks(dataset)
    assert [each.check for each in findings] == [findings[0].check], findings
    return findings[0]


def checks(dataset):
    return [each.check for each in run_checks(dataset)]


def test_sound_pairs_have_no_finding():
    assert run_checks(dataset()) == []
    assert run_checks(DatasetFacts(tuple(pair(n, mask=binary(n)) for n in range(PAIRS)))) == []


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "check"),
    [
        ("images_without_mask", "image-without-mask"),
        ("masks_without_image", "mask-without-image"),
    ],
)
def test_1_files_without_partner(field, check):
    found = only(dataset(**{field: ("alone.tif",)}))
    assert (found.check, found.severity, found.images) == (check, "warning", ("alone.tif",))


def test_1_names_that_come_twice():
    skipped = SkippedFile("duplicate-name", "a.tif", "Two files have this name.")
    found = only(dataset(skipped=(skipped,)))
    assert (found.check, found.repair) == ("duplicate-name", "leave-out")


def test_2_unreadable():
    found = only(dataset(skipped=(SkippedFile("unreadable", "a.tif", "a.tif is damaged."),)))
    assert (found.check, found.severity, found.repair) == ("unreadable", "error", "leave-out")
    assert found.message == "a.tif is damaged."


def mismatch_of(image, mask):
    """The find_mismatch of a pair, as the only finding."""
    wrong = find_mismatch(Image(image, "YX" if image.ndim == 2 else "YXC"), mask)
    assert wrong is not None
    kept = MismatchedPair("x", "x.tif", "x_mask.tif", wrong.check, wrong.message, "", wrong.repair)
    return only(dataset(mismatched=(kept,)))


def test_3_a_mask_on_its_side_is_turned_so_that_it_fits():
    mask = labels()[:, :64]
    mask[:20] = 0
    image = picture(mask)
    for stored in (mask.T, np.rot90(mask), np.rot90(mask, -1)):
        found = mismatch_of(image, stored)
        assert (found.check, found.repair) == ("size-mismatch", "turn-mask")
        _, repaired = pixel_repairs.rotate_mask(Image(image, "YX"), stored)
        assert np.array_equal(repaired, mask)


def test_3_a_mask_of_half_the_size_is_scaled_without_new_values():
    mask = labels()
    found = mismatch_of(picture(mask), mask[::2, ::2])
    assert (found.check, found.repair) == ("size-mismatch", "resize-mask")
    _, repaired = pixel_repairs.resize_mask(Image(picture(mask), "YX"), mask[::2, ::2])
    assert repaired.shape == mask.shape
    assert set(np.unique(repaired)) == set(np.unique(mask))


def test_3_a_mask_of_another_form_can_only_be_left_out():
    assert mismatch_of(picture(labels()), labels()[:50]).repair == "leave-out"


def test_4_image_and_mask_swapped():
    mask, image = labels(), picture(labels())
    found = mismatch_of(mask, image)
    assert (found.check, found.repair) == ("swapped", "swap")
    taken, drawn = pixel_repairs.swap_image_and_mask(Image(mask, "YX"), image)
    assert np.array_equal(taken.pixels, image)
    assert np.array_equal(drawn, mask)
    assert find_mismatch(taken, drawn) is None


def test_4_a_colour_picture_in_the_place_of_the_mask():
    mask = labels()
    colours = np.stack([picture(mask, seed) for seed in range(3)], -1)
    assert mismatch_of(mask, colours).check == "swapped"


def test_4_the_same_picture_as_image_and_mask():
    assert mismatch_of(labels(), labels()).check == "same-file"
    assert mismatch_of(picture(labels()), picture(labels())).check == "same-file"


# --- values of masks --------------------------------------------------------------------------


def touching(n):
    """Two discs that overlap a little, black and white."""
    y, x = np.mgrid[:SIDE, :SIDE]
    mask = binary(n)
    mask[:40] = 0
    for column in (30, 48):
        mask[(y - 16) ** 2 + (x - column) ** 2 <= 100] = 255
    return mask


def test_5_black_and_white_where_cells_touch():
    others = [pair(n, mask=binary(n)) for n in range(1, PAIRS)]
    found = only(dataset(pair(0, mask=touching(0)), *others))
    assert (found.check, found.repair) == ("binary-touching", "connected-components")
    assert found.images == ("00.tif",)
    assert len(found.pairs) == PAIRS
    image = Image(picture(labels()), "YX")
    numbered = pixel_repairs.label_components(image, touching(0))[1]
    assert set(np.unique(numbered)) == {0, 1, 2, 3, 4, 5, 6, 7}  # two discs are one component
    cut = pixel_repairs.split_touching_cells(image, touching(0))[1]
    assert len(np.unique(cut)) == 9  # background and eight cells
    assert cut[16, 30] != cut[16, 48]
    after = [
        pair(n, mask=pixel_repairs.label_components(image, m)[1])
        for n, m in enumerate([touching(0), *(binary(n) for n in range(1, PAIRS))])
    ]
    assert checks(DatasetFacts(tuple(after))) == []


def test_6_a_mask_in_colours_becomes_numbers():
    mask = labels()
    palette = np.random.default_rng(0).integers(30, 255, (10, 3)).astype(np.uint8)
    palette[0] = 0
    found = mismatch_of(picture(mask), palette[mask])
    assert (found.check, found.repair) == ("colour-mask", "colours-to-numbers")
    _, repaired = pixel_repairs.colours_to_labels(Image(picture(mask), "YX"), palette[mask])
    assert len(np.unique(repaired)) == 10
    assert np.array_equal(repaired == 0, mask == 0)


def test_6_a_palette_is_said():
    found = only(dataset(pair(0, palette=True)))
    assert (found.check, found.severity) == ("colour-mask", "note")


def test_7_grey_edges_of_black_and_white():
    soft = ndimage.gaussian_filter(binary(0).astype(float), 1).round().astype(np.uint8)
    others = [pair(n, mask=binary(n)) for n in range(1, PAIRS)]
    found = only(dataset(pair(0, mask=soft), *others))
    assert (found.check, found.repair) == ("grey-edges", "threshold")
    _, repaired = pixel_repairs.threshold(Image(picture(labels()), "YX"), soft)
    assert set(np.unique(repaired)) == {0, 255}
    assert (repaired != binary(0)).mean() < 0.01
    assert checks(dataset(pair(0, mask=repaired), *others)) == []


def test_7_mixed_values_at_the_edges_of_labels():
    small = labels(0)[::2, ::2] * 7
    mixed = ndimage.zoom(small.astype(float), 2, order=1).round().astype(np.uint16)
    found = only(dataset(pair(0, mask=mixed)))
    assert (found.check, found.repair) == ("grey-edges", "snap-to-labels")
    _, repaired = pixel_repairs.assign_nearest_label(Image(picture(labels()), "YX"), mixed)
    assert set(np.unique(repaired)) == set(np.unique(small))
    assert checks(dataset(pair(0, mask=repaired))) == []


def many(side=160):
    """400 cells of 5 x 5 pixels, numbered, uint16."""
    drawn = np.zeros((side, side), np.uint16)
    for number in range(400):
        row, column = (8 * place for place in divmod(number, 20))
        drawn[row + 1 : row + 6, column + 1 : column + 6] = number + 1
    return drawn


@pytest.mark.parametrize("cut", [lambda m: m.astype(np.uint8), lambda m: np.minimum(m, 255)])
def test_8_labels_wrapped_at_255(cut):
    mask = cut(many()).astype(np.uint8)
    pairs = [pair(0, picture(many()), mask)]
    pairs += [pair(n, picture(many(), n), many()) for n in range(1, PAIRS)]
    found = only(DatasetFacts(tuple(pairs)))
    assert (found.check, found.repair) == ("labels-wrapped", "number-parts")
    _, repaired = pixel_repairs.label_parts(Image(picture(many()), "YX"), mask)
    assert len(np.unique(repaired)) >= 400
    assert checks(DatasetFacts((pair(0, picture(many()), repaired), *pairs[1:]))) == []


def test_9_a_label_in_several_parts_and_specks():
    mask = labels()
    mask[mask == 2] = 1
    mask[0, 0] = 5
    found = only(dataset(pair(0, mask=mask)))
    assert (found.check, found.repair) == ("detached-parts", "tidy-parts")
    _, repaired = pixel_repairs.clean_up_parts(Image(picture(labels()), "YX"), mask)
    assert len(np.unique(repaired)) == 10
    assert repaired[0, 0] == 0
    assert checks(dataset(pair(0, mask=repaired))) == []


def test_9_specks_in_black_and_white():
    mask = binary(0)
    mask[0, 0] = mask[0, 32] = 255
    others = [pair(n, mask=binary(n)) for n in range(1, PAIRS)]
    found = only(dataset(pair(0, mask=mask), *others))
    assert (found.check, found.repair) == ("detached-parts", "tidy-parts")
    assert "2 small fragments" in found.message
    _, repaired = pixel_repairs.clean_up_parts(Image(picture(labels()), "YX"), mask)
    assert np.array_equal(repaired, binary(0))


def test_10_cells_that_overlap():
    found = only(dataset(pair(0, overlap=17)))
    assert (found.check, found.severity, found.repair) == ("overlapping-cells", "warning", None)
    assert "17 pixels" in found.message


def test_11_an_inverted_mask():
    others = [pair(n, mask=binary(n)) for n in range(1, PAIRS)]
    found = only(dataset(pair(0, mask=255 - binary(0)), *others))
    assert (found.check, found.repair) == ("inverted-mask", "background-to-zero")
    _, repaired = pixel_repairs.background_to_zero(Image(picture(labels()), "YX"), 255 - binary(0))
    assert np.array_equal(repaired, binary(0))


def test_11_background_that_has_a_label():
    found = only(dataset(pair(0, mask=labels(0) + 1)))
    assert (found.check, found.repair) == ("inverted-mask", "background-to-zero")
    _, repaired = pixel_repairs.background_to_zero(Image(picture(labels()), "YX"), labels(0) + 1)
    assert np.array_equal(repaired > 0, labels(0) > 0)
    assert checks(dataset(pair(0, mask=repaired))) == []


def test_12_an_empty_mask_is_a_note():
    found = only(dataset(pair(0, mask=np.zeros((SIDE, SIDE), np.uint16))))
    assert (found.check, found.severity, found.repair) == ("empty-mask", "note", None)


def test_13_only_a_region_is_labelled():
    wide = np.tile(labels(0), (3, 3))
    wide[wide > 0] = ndimage.label(wide)[0][wide > 0]
    mask = wide.copy()
    mask[:96] = mask[192:] = 0
    mask[:, :96] = mask[:, 192:] = 0
    found = only(dataset(pair(0, picture(wide), mask)))
    assert (found.check, found.repair) == ("partly-labelled", "crop-to-labelled")
    image, repaired = pixel_repairs.crop_to_labelled_region(Image(picture(wide), "YX"), mask)
    assert image.pixels.shape == repaired.shape
    assert max(repaired.shape) <= 96
    assert (repaired > 0).sum() == (mask > 0).sum()
    assert checks(dataset(pair(0, image.pixels, repaired))) == []


def test_13_cells_in_the_middle_of_an_empty_image_are_no_trap():
    mask = np.pad(labels(0), 96)
    assert checks(dataset(pair(0, picture(mask), mask))) == []


def test_14_several_grey_values():
    def three(n):
        mask = binary(n) // 255 * np.uint8(128)
        mask[ndimage.binary_erosion(mask > 0, iterations=4)] = 255
        return mask

    pairs = [pair(n, mask=three(n)) for n in range(PAIRS)]
    found = only(DatasetFacts(tuple(pairs)))
    assert (found.check, found.severity) == ("grey-values", "error")
    assert "128 and 255" in found.message
    image = Image(picture(labels()), "YX")
    assert np.array_equal(pixel_repairs.all_values_to_cells(image, three(0))[1], binary(0))
    assert np.array_equal(
        pixel_repairs.highest_value_to_cells(image, three(0))[1] > 0, three(0) == 255
    )
    assert checks(DatasetFacts(tuple(pair(n, mask=binary(n)) for n in range(PAIRS)))) == []


# --- images -----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, 77])
def test_15_a_constant_image(value):
    found = only(dataset(pair(0, np.full((SIDE, SIDE), value, np.uint8))))
    assert (found.check, found.severity, found.repair) == ("flat-image", "error", "leave-out")


def test_15_overexposed_cells():
    pairs = [pair(n, picture(labels(n), n, bright=225)) for n in range(1, PAIRS)]
    burnt = np.where(labels(0) > 0, 255, picture(labels(0), 0)).astype(np.uint8)
    found = only(dataset(pair(0, burnt), *pairs))
    assert (found.check, found.severity) == ("flat-image", "warning")


def test_16_the_same_image_twice():
    copy = replace(pair(0), name="01", image="01.tif")
    found = only(dataset(copy))
    assert (found.check, found.repair) == ("duplicate-image", "keep-first")
    assert found.images == ("00.tif", "01.tif")


def test_16_the_same_image_in_train_and_test():
    sides = [pair(n, side="train") for n in range(10)] + [pair(11, side="test")]
    copy = replace(pair(0, side="test"), name="10", image="10.tif")
    found = only(dataset(*sides, copy))
    assert (found.check, found.severity, found.repair) == ("leak", "error", "keep-first")


def test_16_planes_of_one_file_in_train_and_test():
    planes = [pair(n, source="stack.tif") for n in range(PAIRS)]
    found = only(DatasetFacts(tuple(planes)))
    assert (found.check, found.severity, found.repair) == ("leak", "warning", "split-by-file")
    apart = [pair(n, source="stack.tif", side="test" if n > 8 else None) for n in range(PAIRS)]
    assert checks(DatasetFacts(tuple(apart))) == []
    two = [pair(n, source=f"{n % 2}.tif", side="test" if n % 2 else "train") for n in range(PAIRS)]
    assert checks(DatasetFacts(tuple(two))) == []


def test_17_mixed_bit_depths():
    found = only(dataset(pair(0, picture(labels(0)).astype(np.uint16) * 16)))
    assert (found.check, found.images) == ("mixed-depths", ("00.tif",))


def test_17_mixed_channels():
    grey = picture(labels(0), 0)
    pink = np.stack([grey, grey // 2, grey], -1)
    found = only(dataset(pair(0, pink)))
    assert (found.check, found.images) == ("mixed-channels", ("00.tif",))
    assert checks(dataset(pair(0, np.stack([grey] * 3, -1)))) == []


def test_17_wildly_different_sizes():
    large = np.repeat(np.repeat(labels(0), 5, axis=0), 5, axis=1)
    found = only(dataset(pair(0, picture(large), large)))
    assert (found.check, found.images) == ("mixed-sizes", ("00.tif",))


def test_18_too_few_images_and_cells():
    found = only(DatasetFacts(tuple(pair(n) for n in range(5))))
    assert (found.check, found.images) == ("too-few", ())
    assert "5 pairs" in found.message
    one = [np.where(labels(n) == 5, np.uint16(n + 1), np.uint16(0)) for n in range(PAIRS)]
    found = only(DatasetFacts(tuple(pair(n, picture(mask, n), mask) for n, mask in enumerate(one))))
    assert found.check == "too-few"
    assert "12 cells" in found.message


def test_19_an_image_unlike_the_rest():
    found = only(dataset(pair(0, picture(labels(0), 0, bright=90, dark=230))))
    assert (found.check, found.severity, found.images) == ("odd-intensity", "note", ("00.tif",))


def test_json_has_the_five_keys():
    found = only(dataset(images_without_mask=("a.tif",)))
    assert list(found.as_json()) == ["check", "severity", "images", "message", "repair"]
    assert found.sentence.startswith("a.tif: 1 image without a mask")
