import contextlib
import errno
import io
import stat
import zipfile

import pytest

from cellseg.datasets.intake.archive import is_roi_set, unpack
from cellseg.errors import CellsegError
from cellseg.limits import Limits


@pytest.fixture
def make(tmp_path):
    def write(members, compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path

    return write


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def test_some_files_of_a_kind_are_unpacked(tmp_path):
    names = ("a.txt", "b.TIF", "c.png", "d/e.tif")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names:
            archive.writestr(name, name)
    target = tmp_path / "target"
    target.mkdir()
    found = unpack(tmp_path / "a.zip", target, suffixes={".tif"}, max_files=1)
    assert list(found) == ["b.TIF"]
    assert [path.read_text() for path in target.iterdir()] == ["b.TIF"]


def test_files_lie_under_safe_names_and_keep_their_own(make, target):
    packed = make({"a/b ü.PNG": b"1", "a/": b"", "c\\d.tif": b"22", "strange.n%m": b"3"})
    found = unpack(packed, target)
    assert {name: path.read_bytes() for name, path in found.items()} == {
        "a/b ü.PNG": b"1",
        "c/d.tif": b"22",
        "strange.n%m": b"3",
    }
    assert sorted(path.suffix for path in target.iterdir()) == ["", ".png", ".tif"]


@pytest.mark.parametrize("name", ["../x.png", "a/../../x.png", "/x.png", "C:/x.png", "..\\x.png"])
def test_a_name_that_leads_out_refuses_the_zip(make, target, name):
    with pytest.raises(CellsegError, match="with a path outside the zip"):
        unpack(make({"good.png": b"1", name: b"2"}), target)
    assert list(target.iterdir()) == []


def test_a_link_is_left_out(make, target, tmp_path):
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = make({"good.png": b"1"})
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert list(unpack(packed, target)) == ["good.png"]


def test_a_colon_in_a_name_does_no_harm(make, target):
    assert list(unpack(make({"taken 10:30.png": b"1"}), target)) == ["taken 10:30.png"]


@pytest.mark.parametrize("position", range(0, 120, 3))
def test_bytes_that_make_no_sense_end_in_a_sentence(make, target, position):
    packed = make({"a.png": bytes(range(256)), "b.png": b"2" * 100})
    content = bytearray(packed.read_bytes())
    content[-1 - position] ^= 0xA5
    packed.write_bytes(content)
    with contextlib.suppress(CellsegError):
        unpack(packed, target)


def test_a_full_disk_is_said(make, target, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("shutil.copyfileobj", refuse)
    with pytest.raises(CellsegError, match="is full"):
        unpack(make({"a.png": b"1"}), target)


def test_a_bomb_is_refused_before_it_is_unpacked(make, target):
    packed = make({"zeros.png": bytes(60 * 1024**2)})
    with pytest.raises(CellsegError, match="would unpack to 63 MB"):
        unpack(packed, target)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(zip_files=1), "holds 2 files; cellseg unpacks at most 1"),
        (Limits(zip_gigabytes=3e-9), "unpacks to 0.0 GB"),
    ],
)
def test_limits_are_settings(make, target, limits, sentence):
    with pytest.raises(CellsegError, match=sentence):
        unpack(make({"a.png": b"12", "b.png": b"34"}), target, limits=limits)


@pytest.mark.parametrize("content", [b"", b"no zip at all"])
def test_what_is_no_zip_is_said(tmp_path, target, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(CellsegError, match=r"mine\.zip is not a zip or is damaged"):
        unpack(path, target, "mine.zip")


def test_a_damaged_member_is_said(make, target):
    packed = make({"a.png": b"0123456789" * 10}, zipfile.ZIP_STORED)
    packed.write_bytes(packed.read_bytes().replace(b"0123456789", b"0123x56789", 1))
    with pytest.raises(CellsegError, match="is damaged"):
        unpack(packed, target)


def test_a_password_is_said(make, target):
    packed = make({"a.png": b"1"})
    content = bytearray(packed.read_bytes())
    content[6] |= 1  # the encryption bit of the local header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and that of the directory
    packed.write_bytes(content)
    with pytest.raises(CellsegError, match="needs a password"):
        unpack(packed, target)


def zipped(*names):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, b"1")
    return content.getvalue()


def test_a_zip_in_a_zip_is_refused(make, target):
    with pytest.raises(CellsegError, match=r"holds another zip, more/inner\.ZIP"):
        unpack(make({"a.png": b"1", "more/inner.ZIP": zipped("b.png")}), target)


def test_the_regions_of_imagej_are_a_mask_and_no_zip_of_images(make, target):
    found = unpack(make({"a.png": b"1", "a_RoiSet.zip": zipped("1.roi", "2.roi")}), target)
    assert is_roi_set(found["a_RoiSet.zip"])
    assert not is_roi_set(found["a.png"])
