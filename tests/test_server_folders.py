import pytest

from cellseg.datasets.intake import server_folders
from cellseg.errors import CellsegError
from cellseg.limits import Limits


@pytest.fixture
def tree(tmp_path):
    """Below `open`: files, and links to what lies in `secret`."""
    images = tmp_path / "open" / "hela" / "images"
    images.mkdir(parents=True)
    (images / "1.png").write_bytes(b"1")
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.png").write_bytes(b"2")
    try:
        (images / "link.png").symlink_to(secret / "key.png")
        (tmp_path / "open" / "out").symlink_to(secret, target_is_directory=True)
    except OSError:
        pytest.skip("This machine lets nobody make links.")
    return tmp_path


@pytest.fixture
def limits(tree):
    return Limits(import_roots=(tree / "open",))


def test_plain_files_below_a_root_are_found_and_links_are_not_followed(tree, limits):
    found = server_folders.files_below(tree / "open" / "hela", limits)
    assert [(upload.name, upload.path.read_bytes()) for upload in found] == [
        ("hela/images/1.png", b"1")
    ]


@pytest.mark.parametrize(
    "wanted", ["secret", "open/out", "open/../secret", "open/hela/../../secret"]
)
def test_what_lies_outside_is_refused_in_one_sentence(tree, limits, wanted):
    with pytest.raises(CellsegError, match="is not inside a folder that is allowed for import"):
        server_folders.files_below(tree / wanted, limits)


def test_a_folder_may_be_named_from_the_root(tree, limits):
    assert server_folders.checked_folder("hela", limits) == (tree / "open" / "hela").resolve()
    with pytest.raises(CellsegError, match="is not a folder on the server"):
        server_folders.checked_folder("hella", limits)


def test_without_a_root_nothing_is_open(tree):
    with pytest.raises(CellsegError, match="CELLSEG_IMPORT_ROOTS"):
        server_folders.checked_folder(tree / "open", Limits())


def test_folders_are_offered(tree, limits):
    offered = [path.relative_to(tree).as_posix() for path in server_folders.offered_folders(limits)]
    assert offered == ["open", "open/hela", "open/hela/images"]


def test_too_many_files_are_refused(tree, limits):
    (tree / "open" / "hela" / "images" / "2.png").write_bytes(b"3")
    with pytest.raises(CellsegError, match="more than 1 files"):
        server_folders.files_below(
            tree / "open" / "hela", limits.model_copy(update={"zip_files": 1})
        )
