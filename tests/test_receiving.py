import os
import time

import pytest

from cellseg import receiving
from cellseg.errors import CellsegError
from cellseg.limits import Limits
from cellseg.receiving import PartialUpload, RequestRefused

ID = "0123456789abcdef" * 2


@pytest.fixture
def folder(workspace):
    return receiving.new_tab_folder(workspace, Limits())


def send(part, offset, content, size=10, limits=None):
    with part.append(offset, size, limits or Limits()) as file:
        file.write(content)


def test_slices_become_a_file_with_a_safe_name(folder):
    part = PartialUpload(folder, ID)
    send(part, 0, b"01234")
    send(part, 5, b"56789")
    path = part.finish("Höla/../a b.TIF", 10)
    assert path.read_bytes() == b"0123456789"
    assert (path.name, path.parent.parent) == ("a-b.tif", folder)
    assert part.size == 0


def broken(part):
    with part.append(0, 10, Limits()) as file:
        file.write(b"012")
        raise ConnectionError


def test_bytes_before_a_broken_connection_are_kept(folder):
    part = PartialUpload(folder, ID)
    with pytest.raises(ConnectionError):
        broken(part)
    assert part.size == 3
    send(part, 3, b"3456789")
    assert part.finish("a.png", 10).read_bytes() == b"0123456789"


def test_an_incomplete_upload_is_not_a_file(folder):
    part = PartialUpload(folder, ID)
    send(part, 0, b"01234")
    with pytest.raises(CellsegError, match="is incomplete"):
        part.finish("a.png", 10)
    part.discard()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("offset", "size", "status"), [(4, 10, 409), (11, 10, 400), (-1, 10, 400), (0, 2_000, 413)]
)
def test_a_slice_that_does_not_fit_is_refused(folder, offset, size, status):
    part = PartialUpload(folder, ID)
    with pytest.raises(RequestRefused) as refusal:
        send(part, offset, b"1", size, Limits(upload_gigabytes=1e-6))
    assert refusal.value.status == status
    assert part.size == 0


def test_a_second_request_is_refused_while_one_writes(folder):
    part = PartialUpload(folder, ID)
    with part.append(0, 10, Limits()), pytest.raises(RequestRefused, match="still being written"):
        send(PartialUpload(folder, ID), 0, b"1")


def test_an_upload_discarded_during_a_request_is_deleted_after_it(folder):
    with PartialUpload(folder, ID).append(0, 10, Limits()) as file:
        PartialUpload(folder, ID).discard()
        file.write(b"1")
    assert list(folder.iterdir()) == []
    send(PartialUpload(folder, ID), 0, b"1")
    assert PartialUpload(folder, ID).size == 1


def test_a_full_disk_is_reported_before_the_upload(folder):
    with pytest.raises(RequestRefused, match="no room") as refusal:
        send(PartialUpload(folder, ID), 0, b"1", 10**18, Limits(upload_gigabytes=1e10))
    assert refusal.value.status == 507


@pytest.mark.parametrize("upload", ["", "../x", ID.upper(), ID + "0"])
def test_an_upload_id_cannot_be_a_path(folder, upload):
    with pytest.raises(RequestRefused):
        PartialUpload(folder, upload)


def test_a_token_gives_access_to_one_folder_only(workspace, folder):
    other = receiving.new_tab_folder(workspace, Limits())
    tab = folder.name.removeprefix(receiving.TAB_PREFIX)
    assert receiving.authorized_folder(workspace, tab, receiving.access_token(folder)) == folder
    for shown in (receiving.access_token(other), receiving.access_token(folder, "a.zip"), "", "ü"):
        with pytest.raises(RequestRefused) as refusal:
            receiving.authorized_folder(workspace, tab, shown)
        assert refusal.value.status == 403
    with pytest.raises(RequestRefused):
        receiving.authorized_folder(workspace, "../" + tab, receiving.access_token(folder))


def test_staging_folders_of_killed_processes_are_removed_and_active_ones_are_kept(workspace):
    left, growing = (workspace.staging / name for name in ("left", "growing"))
    for folder in (left, growing):
        (folder / "sources").mkdir(parents=True)
        (folder / "sources" / "a.tif").write_bytes(b"1")
        for path in (folder / "sources" / "a.tif", folder / "sources", folder):
            os.utime(path, (0, 0))
    os.utime(growing / "sources" / "a.tif")
    receiving.remove_abandoned(workspace, Limits(kept_hours=1))
    assert [path.name for path in workspace.staging.iterdir()] == ["growing"]


def test_abandoned_folders_are_removed_and_active_ones_are_kept(workspace):
    limits = Limits(kept_hours=1)
    abandoned, live = (receiving.new_tab_folder(workspace, limits) for _ in range(2))
    for folder in (abandoned, live):
        send(PartialUpload(folder, ID), 0, b"01234")
        os.utime(folder, (0, 0))
    os.utime(abandoned / f"part-{ID}", (time.time() - 7200, time.time() - 7200))
    receiving.remove_abandoned(workspace, limits)
    assert not abandoned.exists()
    assert live.exists()
