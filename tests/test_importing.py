"""The way in, and every kind of bad input that people bring."""

import errno
import io
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from cellseg.datasets import pairs
from cellseg.datasets.intake import folders, importing
from cellseg.datasets.intake.importing import inspect
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.writing import png_bytes
from cellseg.source import Source

RNG = np.random.default_rng(0)


def png(array):
    made = io.BytesIO()
    Pillow.fromarray(array).save(made, "PNG")
    return made.getvalue()


def noise(height=20, width=24):
    return png(RNG.integers(0, 255, (height, width), dtype=np.uint8))


def mask(height=20, width=24, value=255):
    drawn = np.zeros((height, width), np.uint8)
    drawn[: height // 2, : width // 2] = value
    return png(drawn)


@pytest.fixture
def folder(tmp_path):
    """Writes files by name below a folder and gives the folder."""
    root = tmp_path / "brought"

    def write(**contents):
        for name, content in contents.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return root

    return write


@pytest.fixture(autouse=True)
def nothing_is_left(workspace):
    """No test leaves anything in the inbox."""
    yield
    assert not workspace.inbox.exists() or list(workspace.inbox.iterdir()) == []


def two_pairs(**more):
    return {
        "images/a.png": noise(),
        "masks/a.png": mask(),
        "images/b.png": noise(),
        "masks/b.png": mask(),
        **more,
    }


def kept(workspace, source, masks=(), **options):
    proposal = inspect(workspace, source, masks)
    try:
        return proposal, DatasetStore(workspace).create(proposal, "kept", **options)
    finally:
        proposal.discard()


def test_a_folder_becomes_a_dataset_and_the_originals_stay(workspace, folder):
    brought = folder(**two_pairs())
    before = {path: path.read_bytes() for path in brought.rglob("*.png")}
    seen = []
    proposal = inspect(workspace, brought, progress=lambda *step: seen.append(step))
    assert seen == [(0, 2, "images/a.png"), (1, 2, "images/b.png"), (2, 2, "")]
    assert proposal.problems == proposal.warnings == []
    dataset = DatasetStore(workspace).create(proposal, "cells")
    proposal.discard()
    assert dataset.names == ["a", "b"]
    assert dataset.kind == "binary"
    assert dataset.foreground("a").sum() == 10 * 12
    assert {path: path.read_bytes() for path in brought.rglob("*.png")} == before


def test_a_zip_is_as_good_as_its_folder(workspace, folder, tmp_path):
    brought = folder(**two_pairs())
    packed = shutil.make_archive(str(tmp_path / "cells"), "zip", brought)
    _, dataset = kept(workspace, Path(packed))
    assert [pair.image_name for pair in dataset.pairs] == ["images/a.png", "images/b.png"]


def test_images_and_masks_may_come_in_a_zip_each(workspace, folder, tmp_path):
    brought = folder(**two_pairs())
    zips = [
        Path(shutil.make_archive(str(tmp_path / name), "zip", brought / name))
        for name in ("images", "masks")
    ]
    _, dataset = kept(workspace, [Source(path.name, path) for path in zips])
    assert [pair.mask_name for pair in dataset.pairs] == ["masks/a.png", "masks/b.png"]


def test_masks_may_come_apart_with_the_very_names_of_their_images(workspace, folder):
    brought = folder(**two_pairs())
    images = [Source(name, brought / "images" / name) for name in ("a.png", "b.png")]
    masks = [Source(name, brought / "masks" / name) for name in ("a.png", "b.png")]
    _, dataset = kept(workspace, images, masks)
    assert dataset.foreground("b").any()


def test_folders_named_train_and_test_are_the_split(workspace, folder):
    brought = folder(
        **{
            "train/images/a.png": noise(),
            "train/masks/a.png": mask(),
            "test/images/b.png": noise(),
            "test/masks/b.png": mask(),
        }
    )
    _, dataset = kept(workspace, brought)
    assert (dataset.split.train, dataset.split.test) == (("a",), ("b",))


def test_no_files(workspace, tmp_path):
    with pytest.raises(CellsegError, match="There are no images; add images and masks"):
        inspect(workspace, tmp_path)


def test_a_folder_that_is_not_there(workspace, tmp_path):
    with pytest.raises(CellsegError, match="gone does not exist"):
        inspect(workspace, tmp_path / "gone")


def test_no_images_among_the_files(workspace, folder):
    with pytest.raises(CellsegError, match=r"None of the files is an image.*notes\.txt"):
        inspect(workspace, folder(**{"notes.txt": b"hello"}))


def test_masks_without_images(workspace, folder):
    with pytest.raises(CellsegError, match=r"masks but no images: masks/a\.png"):
        inspect(workspace, folder(**{"masks/a.png": mask()}))


def test_images_without_masks(workspace, folder):
    with pytest.raises(CellsegError, match=r"images but no masks: a\.png, b\.png"):
        inspect(workspace, folder(**{"a.png": noise(), "b.png": noise()}))


def test_names_that_do_not_meet(workspace, folder):
    with pytest.raises(CellsegError, match="No image belongs to a mask by name"):
        inspect(workspace, folder(**{"images/a.png": noise(), "masks/b.png": mask()}))


def test_one_pair_is_too_few_for_a_dataset(workspace, folder):
    with pytest.raises(
        CellsegError, match="has 1 pair of image and mask; cellseg needs at least 2"
    ):
        kept(workspace, folder(**{"images/a.png": noise(), "masks/a.png": mask()}))
    assert DatasetStore(workspace).all() == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"I am text", "contains text, not an image"),
        (b"", "is empty"),
        (noise()[:60], "is damaged"),
        (noise(30, 24), "has 24 × 30 pixels and its mask 24 × 20"),
    ],
    ids=["text", "empty", "truncated", "size"],
)
def test_a_bad_file_is_named_and_the_others_go_on(workspace, folder, content, sentence):
    brought = folder(**two_pairs(**{"images/c.png": content, "masks/c.png": mask()}))
    proposal, dataset = kept(workspace, brought)
    assert dataset.names == ["a", "b"]
    [problem] = proposal.problems
    assert "images/c.png" in problem
    assert sentence in problem


def test_nothing_but_bad_files(workspace, folder):
    brought = folder(**{"images/a.png": b"text", "masks/a.png": mask()})
    with pytest.raises(CellsegError, match=r"No pair could be read: images/a\.png contains text"):
        inspect(workspace, brought)


def test_a_header_of_400_megapixels_is_refused_without_decoding(workspace, folder):
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    check = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    huge = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + check
    brought = folder(**two_pairs(**{"images/c.png": huge, "masks/c.png": mask()}))
    proposal, _ = kept(workspace, brought)
    assert "images/c.png has 20000 × 20000 pixels, 400 megapixels" in proposal.problems[0]


def test_one_pixel_is_an_image(workspace, folder):
    brought = folder(**two_pairs(**{"images/c.png": noise(1, 1), "masks/c.png": mask(1, 1)}))
    proposal, dataset = kept(workspace, brought)
    assert dataset.names == ["a", "b", "c"]
    assert dataset.pair("c").height == 1
    assert proposal.problems == []


def test_one_black_mask_is_kept_with_a_warning(workspace, folder):
    brought = folder(**two_pairs(**{"images/c.png": noise(), "masks/c.png": mask(value=0)}))
    proposal, dataset = kept(workspace, brought)
    assert dataset.names == ["a", "b", "c"]
    [warning] = proposal.warnings
    assert warning.startswith("images/c.png: The mask has no cell; the image stays")
    assert dataset.warnings == proposal.warnings


def test_only_black_masks_are_refused(workspace, folder):
    black = mask(value=0)
    brought = folder(**two_pairs(**{"masks/a.png": black, "masks/b.png": black}))
    with pytest.raises(CellsegError, match="None of the 2 masks has a cell"):
        kept(workspace, brought)
    assert DatasetStore(workspace).all() == []


def test_jpeg_masks_are_black_and_white_with_a_warning(workspace, folder):
    drawn = np.zeros((64, 64), np.uint8)
    drawn[10:40, 12:50] = 255
    made = io.BytesIO()
    Pillow.fromarray(drawn).resize((96, 96), Pillow.Resampling.BICUBIC).save(made, "JPEG")
    brought = folder(
        **{f"images/{name}.png": noise(96, 96) for name in "ab"},
        **{f"masks/{name}.jpg": made.getvalue() for name in "ab"},
    )
    proposal, dataset = kept(workspace, brought)
    assert "has grey edges" in proposal.warnings[0]
    assert "brighter than half" in proposal.warnings[0]
    assert dataset.kind == "binary"
    assert abs(int(dataset.foreground("a").sum()) - 45 * 57) < 120


def test_names_with_spaces_umlauts_and_slashes_become_safe_and_stay_known(workspace, tmp_path):
    names = ["Zelle 1 – Größe.png", "ä/ö/Zelle 2.png", "../../Zelle 3.png"]
    files = []
    for number, name in enumerate(names):
        path = tmp_path / str(number)
        path.write_bytes(noise())
        (tmp_path / f"m{number}").write_bytes(mask())
        files.append((Source(name, path), Source(name, tmp_path / f"m{number}")))
    _, dataset = kept(workspace, [image for image, _ in files], [other for _, other in files])
    assert dataset.names == ["zelle-3", "zelle-1-grosse", "zelle-2"]
    assert {pair.image_name for pair in dataset.pairs} == set(names)
    inside = {path.resolve() for path in dataset.folder.rglob("*.tif")}
    assert len(inside) == 9
    assert all(dataset.folder.resolve() in path.parents for path in inside)


def test_a_name_that_comes_twice_is_used_once_and_said(workspace, folder):
    brought = folder(**two_pairs())
    uploads = [
        Source(f"{kind}/{name}.png", brought / kind / f"{name}.png")
        for kind in ("images", "masks")
        for name in "ab"
    ]
    proposal, dataset = kept(workspace, [*uploads, uploads[0]])
    assert dataset.names == ["a", "b"]
    assert proposal.problems == ["Two files are named images/a.png; cellseg uses the first one."]


def test_a_hostile_zip_leaves_nothing(workspace, tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../evil.png", noise())
    with pytest.raises(
        CellsegError, match=r"evil\.zip contains a file \.\./evil\.png with a path outside"
    ):
        inspect(workspace, tmp_path / "evil.zip")
    assert list(tmp_path.rglob("evil.png")) == []


@pytest.mark.parametrize(
    ("code", "sentence"), [(errno.ENOSPC, "is full"), (errno.EROFS, "cannot be written")]
)
def test_a_disk_that_refuses_leaves_the_workspace_as_it_was(
    workspace, folder, monkeypatch, code, sentence
):
    brought = folder(**two_pairs())

    def refuse(*_):
        raise OSError(code, "no")

    with monkeypatch.context() as patched:
        patched.setattr(pairs.PairFiles, "write", refuse)
        with pytest.raises(CellsegError, match=sentence):
            inspect(workspace, brought)
    proposal = inspect(workspace, brought)
    with monkeypatch.context() as patched:
        patched.setattr(pairs.PairFiles, "copy", refuse)
        with pytest.raises(CellsegError, match=sentence):
            DatasetStore(workspace).create(proposal, "cells")
    assert DatasetStore(workspace).all() == []
    assert DatasetStore(workspace).create(proposal, "cells").names == ["a", "b"]
    proposal.discard()


def test_a_stop_leaves_nothing(workspace, folder):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inspect(workspace, folder(**two_pairs()), progress=stop)


def test_abandoned_proposals_are_swept(workspace, folder, monkeypatch):
    inspect(workspace, folder(**two_pairs()))
    monkeypatch.setattr(importing, "ABANDONED", -1.0)
    inspect(workspace, folder(**two_pairs())).discard()


def test_a_folder_is_kept_once(workspace, folder):
    brought = folder(**two_pairs())
    first = folders.import_folder(workspace, brought)
    assert first.name == "brought"
    assert folders.import_folder(workspace, brought).id == first.id
    (brought / "masks" / "b.png").write_bytes(mask(value=9))
    assert folders.import_folder(workspace, brought).name == "brought 2"


def test_a_passing_folder_leaves_nothing_and_may_be_one_pair(folder):
    brought = folder(**{"images/a.png": noise(), "masks/a.png": mask()})
    with folders.temporary_dataset(brought) as dataset:
        assert dataset.split.test == ("a",)
        assert dataset.foreground("a").any()
        where = dataset.folder
    assert not where.exists()


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "pairs", "kind"),
    [("isbi2012", 24, "binary"), ("yeast_phase", 6, "labels"), ("ucsb_he", 6, "binary")],
)
def test_real_folders_pair_by_themselves(workspace, real_data, name, pairs, kind):
    _, dataset = kept(workspace, real_data / name)
    assert len(dataset.pairs) == pairs
    assert dataset.kind == kind


@pytest.mark.realdata
def test_real_label_images_are_counted(workspace, real_data, tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        for path in sorted((real_data / "dsb2018" / kind).iterdir())[:4]:
            shutil.copy(path, tmp_path / kind)
    _, dataset = kept(workspace, tmp_path)
    assert dataset.kind == "labels"
    for pair in dataset.pairs:
        assert pair.labels == dataset.labels(pair.name).max() > 1


@pytest.mark.realdata
def test_real_grey_masks_ask_for_their_foreground(workspace, real_data):
    proposal = inspect(workspace, real_data / "wbc_dataset1")
    assert len(proposal.pairs) == 60
    assert proposal.values == (0, 128, 255)
    with pytest.raises(CellsegError, match="grey values 0, 128 and 255"):
        DatasetStore(workspace).create(proposal, "cells")
    dataset = DatasetStore(workspace).create(proposal, "nuclei", foreground=[255])
    assert 0 < dataset.foreground(dataset.names[0]).mean() < 0.5
    proposal.discard()


def test_a_folder_whose_pairs_do_not_fit_says_why(workspace, tmp_path):
    for name, side in (("images", 32), ("masks", 20)):
        (tmp_path / name).mkdir()
        pixels = np.zeros((side, side), np.uint8)
        pixels[4:9, 4:9] = 255
        (tmp_path / name / "a.png").write_bytes(png_bytes(pixels))
    with pytest.raises(CellsegError, match="32 × 32 pixels and its mask 20 × 20"):
        folders.import_folder(workspace, tmp_path)
    with (
        pytest.raises(CellsegError, match="32 × 32 pixels and its mask 20 × 20"),
        folders.temporary_dataset(tmp_path),
    ):
        pass
