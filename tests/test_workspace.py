import errno
import os
from pathlib import Path

import pytest

from cellseg.errors import CellsegError
from cellseg.workspace import (
    Workspace,
    checked_name,
    disk_errors,
    ensure_folder,
    free_id,
    known_folder,
    read_json,
    size_on_disk,
    slug,
    write_bytes,
    write_chunks,
    write_json,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Müller lab, day 3", "muller-lab-day-3"),
        ("Größe", "grosse"),
        ("../../etc", "etc"),
        ("细胞", ""),
        ("a" * 100, "a" * 60),
    ],
)
def test_slugs(name, expected):
    assert slug(name) == expected


def test_free_ids_count_up(tmp_path):
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells-2").mkdir()
    assert free_id(tmp_path, "Cells") == "cells-3"
    assert free_id(tmp_path, "细胞") == "unnamed"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("  ", "needs a name"),
        ("x" * 61, "61 characters"),
        ("a/b", "must not contain a slash"),
        ("a\nb", "or a control character"),
        ("CELLS", "exists already"),
    ],
)
def test_names_that_are_refused(name, sentence):
    with pytest.raises(CellsegError, match=sentence):
        checked_name(name, "dataset", ["cells"])


def test_a_name_is_kept_as_the_user_wrote_it():
    assert checked_name(" Zellen für Jürgen ", "dataset", []) == "Zellen für Jürgen"


@pytest.mark.parametrize("folder_id", ["..", "../models", "", ".hidden", "A", "a/b", "missing"])
def test_unknown_and_hostile_ids_are_unknown(tmp_path, folder_id):
    (tmp_path / "known").mkdir()
    assert known_folder(tmp_path, folder_id) is None
    assert known_folder(tmp_path, "known") == tmp_path / "known"


def test_a_staged_folder_appears_whole(tmp_path):
    workspace = Workspace(tmp_path)
    target = workspace.datasets / "a"
    with workspace.staged(target) as folder:
        (folder / "x").write_text("1")
        assert not target.exists()
    assert (target / "x").read_text() == "1"


def test_a_staged_folder_vanishes_on_any_failure(tmp_path):
    workspace = Workspace(tmp_path)
    with pytest.raises(KeyboardInterrupt), workspace.staged(workspace.datasets / "a") as folder:
        (folder / "x").write_text("1")
        raise KeyboardInterrupt
    assert not (workspace.datasets / "a").exists()
    assert list(tmp_path.rglob("x")) == []


def test_staging_never_replaces(tmp_path):
    workspace = Workspace(tmp_path)
    (workspace.datasets / "a").mkdir(parents=True)
    with (
        pytest.raises(CellsegError, match="exists already"),
        workspace.staged(workspace.datasets / "a"),
    ):
        pass


def test_only_folders_of_the_workspace_are_removed(tmp_path):
    workspace = Workspace(tmp_path / "home")
    inside, outside = workspace.models / "m", tmp_path / "other"
    inside.mkdir(parents=True)
    outside.mkdir()
    workspace.remove(inside)
    assert not inside.exists()
    with pytest.raises(ValueError, match="outside of the workspace"):
        workspace.remove(outside)
    assert outside.exists()


def test_json_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"name": "Zelle ü"})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"x": float("nan")})
    assert read_json(path) == {"name": "Zelle ü"}
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_failed_write_leaves_the_old_content(tmp_path):
    path = tmp_path / "a"
    write_bytes(path, b"old")

    def full():
        yield b"ne"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(CellsegError, match="is full; free some space"):
        write_chunks(path, full())
    assert os.listdir(tmp_path) == ["a"]
    assert path.read_bytes() == b"old"


def test_unreadable_json_is_none(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    assert read_json(tmp_path / "broken.json") is None
    assert read_json(tmp_path / "missing.json") is None


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_read_only_disk_is_one_sentence(tmp_path, code):
    with pytest.raises(CellsegError, match="cannot be written"), disk_errors(tmp_path):
        raise OSError(code, "no")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "x", tmp_path / ("n" * 300)):
        with pytest.raises(CellsegError, match="choose a"):
            ensure_folder(folder)
    ensure_folder(tmp_path / "a" / "b")
    ensure_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_other_errors_of_the_disk_pass(tmp_path):
    with pytest.raises(FileNotFoundError), disk_errors(tmp_path):
        (tmp_path / "missing").read_bytes()


def test_size_counts_every_file(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "sub" / "b").write_bytes(b"4567")
    assert size_on_disk(tmp_path) == 7


def test_the_home_variable_names_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(tmp_path))
    assert Workspace.default().root == tmp_path
    monkeypatch.delenv("CELLSEG_HOME")
    assert Workspace.default().root == Path.home() / "cellseg-data"
