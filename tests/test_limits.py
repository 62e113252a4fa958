import os
from pathlib import Path

import pytest

from cellseg.errors import CellsegError
from cellseg.limits import FILE, ROOTS_VARIABLE, Limits
from cellseg.workspace import write_json


@pytest.fixture(autouse=True)
def _no_roots(monkeypatch):
    monkeypatch.delenv(ROOTS_VARIABLE, raising=False)


def test_the_defaults_need_no_file(workspace):
    assert Limits.of(workspace) == Limits()
    assert Limits().image_pixels == 100_000_000
    assert Limits().upload_bytes == 20_000_000_000


def test_the_file_of_the_workspace_sets_some(workspace):
    workspace.root.mkdir()
    write_json(workspace.root / FILE, {"zip_files": 10, "import_roots": ["/data"]})
    limits = Limits.of(workspace)
    assert (limits.zip_files, limits.import_roots) == (10, (Path("/data"),))
    assert limits.zip_ratio == Limits().zip_ratio


def test_the_variable_names_roots_as_path_does(workspace, monkeypatch):
    monkeypatch.setenv(ROOTS_VARIABLE, os.pathsep.join(["/a", "/b c"]))
    assert Limits.of(workspace).import_roots == (Path("/a"), Path("/b c"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"zip_filez": 1}, "zip_filez"),
        ({"file_seconds": 0}, "file_seconds"),
        ([], "does not contain a JSON object"),
    ],
)
def test_what_does_not_fit_is_said(workspace, content, sentence):
    workspace.root.mkdir()
    write_json(workspace.root / FILE, content)
    with pytest.raises(CellsegError, match=sentence):
        Limits.of(workspace)
