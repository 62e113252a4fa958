"""The gallery of public datasets, against a server of the test's own."""

import hashlib
import io
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from cellseg.datasets import public
from cellseg.datasets.public import PublicDataset, RemoteFile
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.writing import png_bytes
from tests import made


class Web:
    """A server of `files`, path: content."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        files = self.files

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                content = files.get(self.path)
                self.send_response(200 if content is not None else 404)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def web():
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever)
    thread.start()
    yield web
    web.server.shutdown()
    thread.join()
    web.server.server_close()


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def published(web, path, content):
    web.files[path] = content
    return RemoteFile(web.url + path, 1, hashlib.sha256(content).hexdigest())


def squares(pairs=3, masks="masks/{}.png"):
    files = {}
    for number in range(pairs):
        image, mask = made.squares(number)
        files[f"images/{number}.png"] = png_bytes(image)
        files[masks.format(number)] = png_bytes(mask)
    return files


def of(*files, **more):
    return PublicDataset("x", "Cells of X", "", 3, "CC0", "X et al.", "https://x", files, **more)


def left(workspace):
    return list(workspace.inbox.iterdir()) if workspace.inbox.exists() else []


def test_what_is_published_is_downloaded_checked_and_paired(web, workspace):
    said = []
    remote = published(web, "/x.zip", zipped(squares()))
    proposal = public.download(workspace, of(remote), lambda part, what: said.append(what))
    assert len(proposal.pairs) == 3
    assert said[0] == "Downloading x.zip"
    assert left(workspace) == [proposal.folder]
    kept = DatasetStore(workspace).create(proposal, "x")
    assert kept.pairs[0].image_name == "images/0.png"


def test_another_content_than_the_published_one_is_refused(web, workspace):
    remote = published(web, "/x.zip", zipped(squares()))
    web.files["/x.zip"] = zipped(squares(2))
    with pytest.raises(CellsegError, match=r"Cells of X could not be downloaded .*hash"):
        public.download(workspace, of(remote))
    assert left(workspace) == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://127.0.0.1:9", "there is no connection"), (None, "the server answered 404")],
)
def test_without_a_network_it_says_so_in_one_sentence(web, workspace, url, reason):
    with pytest.raises(CellsegError) as caught:
        public.download(workspace, of(RemoteFile(f"{url or web.url}/x.zip", 1, "0" * 64)))
    assert reason in str(caught.value)
    assert "connect the server to the network" in str(caught.value)
    assert str(caught.value).count(". ") == 0
    assert left(workspace) == []


def test_masks_in_colours_are_numbered_by_their_red_channel(web, workspace):
    images, masks = {}, {}
    for number in range(2):
        images[f"images/{number}.png"] = png_bytes(made.squares(number)[0])
        colours = np.zeros((32, 32, 3), np.uint8)
        colours[2:6, 2:6, 0] = 1
        colours[2:6, 6:10, 0] = 2  # touches the first
        colours[20:24, 20:24, 0] = 1  # another object with the same number
        colours[2:6, 2:6, 2] = 77
        masks[f"masks/{number}.png"] = png_bytes(colours)
    masks["__MACOSX/masks/._0.png"] = b"nothing"
    dataset = of(
        published(web, "/images.zip", zipped(images)),
        masks=(published(web, "/masks.zip", zipped(masks)),),
    )
    proposal = public.download(workspace, dataset)
    kept = DatasetStore(workspace).create(proposal, "x")
    assert kept.kind == "labels"
    assert [pair.labels for pair in kept.pairs] == [3, 3]


def test_where_no_hash_is_published_the_images_themselves_are_checked(web, workspace):
    web.files["/x.zip"] = zipped(squares())
    remote = RemoteFile(f"{web.url}/x.zip", 1)
    trusted = public.download(workspace, of(published(web, "/y.zip", zipped(squares()))))
    hashes = frozenset(pair.image_sha256[:16] for pair in trusted.pairs)
    trusted.discard()
    proposal = public.download(workspace, of(remote, pixels=hashes))
    assert len(proposal.pairs) == 3
    proposal.discard()
    with pytest.raises(CellsegError, match="are not the published ones"):
        public.download(workspace, of(remote, pixels=hashes | {"0" * 16}))
    with pytest.raises(CellsegError, match="could not be downloaded"):
        public.download(workspace, replace(of(remote), pixels=frozenset()))
    assert left(workspace) == []


def test_the_gallery_says_where_all_comes_from():
    assert {dataset.id for dataset in public.DATASETS} >= {"bbbc038", "bbbc039", "isbi2012"}
    for dataset in public.DATASETS:
        assert dataset.licence
        assert dataset.citation
        assert all(remote.url.startswith("https://") for remote in dataset.files)
        assert dataset.pixels or all(
            len(remote.sha256) == 64 for remote in (*dataset.files, *dataset.masks)
        )


@pytest.mark.realdata
def test_the_slices_that_are_checked_are_those_of_the_challenge(workspace, real_data):
    from cellseg.datasets.intake import importing

    proposal = importing.inspect(workspace, real_data / "isbi2012")
    found = {pair.image_sha256[:16] for pair in proposal.pairs}
    (challenge,) = (dataset for dataset in public.DATASETS if dataset.id == "isbi2012")
    assert challenge.pixels <= found
    proposal.discard()
