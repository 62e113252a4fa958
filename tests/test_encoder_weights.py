import base64
import hashlib
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cellseg import fetching
from cellseg.errors import CellsegError
from cellseg.network import encoder_weights
from cellseg.recipes.encoders import ENCODERS
from cellseg.recipes.pixels.settings import PixelsNetwork

CONTENT = b"weights" * 100_000
NAME = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_128_no_top.h5"


class Storage(BaseHTTPRequestHandler):
    """A stand-in for Google's storage that declares the MD5 of what it serves."""

    declared = hashlib.md5(CONTENT).digest()
    stalls = threading.Event()
    released = threading.Event()

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("x-goog-hash", "crc32c=AAAAAA==")
        self.send_header("x-goog-hash", "md5=" + base64.b64encode(self.declared).decode())
        self.end_headers()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if self.stalls.is_set():
            self.released.wait(10)
            return
        self.wfile.write(CONTENT)

    def log_message(self, *_):
        """Quiet."""


MOBILENET = ENCODERS["mobilenetv2"]


def published_at(monkeypatch, url):
    monkeypatch.setitem(ENCODERS, "mobilenetv2", replace(MOBILENET, weights_url=url))


@pytest.fixture
def storage(monkeypatch, tmp_path):
    class Here(Storage):
        stalls, released = threading.Event(), threading.Event()

    with ThreadingHTTPServer(("127.0.0.1", 0), Here) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        published_at(monkeypatch, f"http://127.0.0.1:{server.server_address[1]}/")
        yield Here
        Here.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("CELLSEG_ENCODER_WEIGHTS", raising=False)
    return tmp_path / "keras" / "models"


def test_file_names_are_those_of_keras():
    assert MOBILENET.file_name(1.0, 128) == NAME
    assert MOBILENET.file_name(0.35, 256).endswith("_0.35_224_no_top.h5")


def test_a_download_is_stored_in_the_keras_cache_and_reports_progress(storage, empty_cache):
    seen = []
    path = encoder_weights.resolve(
        PixelsNetwork(), 128, lambda done, total: seen.append((done, total))
    )
    assert path == empty_cache / NAME
    assert path.read_bytes() == CONTENT
    assert seen[-1][0] >= len(CONTENT)
    assert encoder_weights.available(PixelsNetwork(), 128)
    assert encoder_weights.sha256(path) == hashlib.sha256(CONTENT).hexdigest()


def test_a_file_with_another_hash_is_not_kept(storage, empty_cache):
    storage.declared = hashlib.md5(b"something else").digest()
    with pytest.raises(CellsegError, match="could not be downloaded"):
        encoder_weights.resolve(PixelsNetwork(), 128)
    assert list(empty_cache.iterdir()) == []


def test_a_file_with_a_known_sha256_is_verified_by_it(storage, empty_cache):
    with pytest.raises(CellsegError, match="could not be downloaded"):
        encoder_weights.resolve(PixelsNetwork(alpha=0.35), 224)
    assert list(empty_cache.iterdir()) == []


def test_a_server_that_does_not_answer_is_a_timeout(storage, monkeypatch):
    storage.stalls.set()
    monkeypatch.setattr(fetching, "READ_TIMEOUT", 0.3)
    with pytest.raises(CellsegError, match="could not be downloaded"):
        encoder_weights.resolve(PixelsNetwork(), 128)


def test_without_a_network_the_message_names_the_three_solutions(monkeypatch):
    published_at(monkeypatch, "http://127.0.0.1:9/")
    with pytest.raises(CellsegError) as caught:
        encoder_weights.resolve(PixelsNetwork(), 128)
    for way in ("Connect to the network", "CELLSEG_ENCODER_WEIGHTS", "`none`"):
        assert way in str(caught.value)
    assert not encoder_weights.available(PixelsNetwork(), 128)


def test_the_variable_takes_precedence_over_the_cache(monkeypatch, tmp_path, empty_cache):
    named = tmp_path / "mine.h5"
    named.write_bytes(b"x")
    monkeypatch.setenv("CELLSEG_ENCODER_WEIGHTS", str(named))
    assert encoder_weights.resolve(PixelsNetwork(), 128) == named


def test_a_named_file_that_is_missing_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("CELLSEG_ENCODER_WEIGHTS", str(tmp_path / "gone.h5"))
    with pytest.raises(CellsegError, match=r"gone\.h5 does not exist"):
        encoder_weights.resolve(PixelsNetwork(), 128)
    with pytest.raises(CellsegError, match=r"other\.h5 does not exist"):
        encoder_weights.resolve(PixelsNetwork(encoder_weights=str(tmp_path / "other.h5")), 128)


def test_random_initialization_needs_no_file():
    assert encoder_weights.resolve(PixelsNetwork(encoder_weights="none"), 128) is None
    assert encoder_weights.available(PixelsNetwork(encoder_weights="none"), 128)
