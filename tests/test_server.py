import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette

from cellseg import receiving
from cellseg.limits import FILE, Limits
from cellseg.server import routes
from cellseg.ui.widgets import streaming
from cellseg.workspace import write_json

ID = "0123456789abcdef" * 2


@pytest.fixture
def folder(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))
    return receiving.new_tab_folder(workspace, Limits())


@pytest.fixture
def app(monkeypatch):
    monkeypatch.setattr(routes, "_opened", [])
    listed = routes.routes("")
    assert routes.available()
    return Starlette(routes=listed)


def ask(app, method, path, query="", shown="", chunks=(b"",), broken=False):
    """One request to the app; its status and body."""
    parts = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    parts.append({"type": "http.disconnect"} if broken else {"type": "http.request", "body": b""})
    sent = []

    async def receive():
        if not parts:
            await asyncio.Event().wait()  # a client that stays connected and says no more
        return parts.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(routes.TOKEN_HEADER.encode(), shown.encode())],
        "http_version": "1.1",
    }
    with ThreadPoolExecutor(1) as thread:  # the browser tests leave a loop in the main one
        thread.submit(asyncio.run, app(scope, receive, send)).result()
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body


def address(folder):
    return f"{routes.UPLOAD}/{folder.name.removeprefix('tab-')}/{ID}"


def test_slices_arrive_in_order_and_can_be_asked_for(app, folder):
    path, shown = address(folder), receiving.access_token(folder)
    assert ask(app, "PUT", path, "offset=0&size=6", shown, [b"01", b"2"]) == (200, b'{"have":3}')
    assert ask(app, "GET", path, "", shown) == (200, b'{"have":3}')
    status, body = ask(app, "PUT", path, "offset=0&size=6", shown, [b"012"])
    assert (status, b'"have":3' in body) == (409, True)
    assert ask(app, "PUT", path, "offset=3&size=6", shown, [b"345"])[0] == 200
    said = [{"id": ID, "name": "x\\y.png", "size": 6}]
    (arrived,) = streaming.uploaded_files(folder, said)
    assert (arrived.name, arrived.path.read_bytes()) == ("x/y.png", b"012345")


def test_a_break_in_a_slice_keeps_what_was_written(app, folder):
    path, shown = address(folder), receiving.access_token(folder)
    large = b"x" * routes.BUFFER
    query = f"offset=0&size={3 * len(large)}"
    assert ask(app, "PUT", path, query, shown, [large, b"y"], broken=True)[0] == 400
    assert (folder / f"part-{ID}").stat().st_size == len(large)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_without_the_pass_nothing_is_done(app, folder, method):
    status, body = ask(app, method, address(folder), "offset=0&size=1", "wrong", [b"1"])
    assert status == 403
    assert b"another tab" in body
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("query", "status"), [("offset=0&size=2", 413), ("offset=x&size=2", 400), ("", 400)]
)
def test_what_does_not_fit_is_refused(app, folder, query, status):
    shown = receiving.access_token(folder)
    assert ask(app, "PUT", address(folder), query, shown, [b"123"])[0] == status


def test_the_limit_of_an_upload_is_a_setting(app, folder, workspace):
    write_json(workspace.root / FILE, {"upload_gigabytes": 1e-9})
    status, body = ask(
        app, "PUT", address(folder), "offset=0&size=2", receiving.access_token(folder), [b"12"]
    )
    assert status == 413
    assert b"ask the administrator" in body


def test_an_upload_is_dropped(app, folder):
    path, shown = address(folder), receiving.access_token(folder)
    ask(app, "PUT", path, "offset=0&size=6", shown, [b"012"])
    assert ask(app, "DELETE", path, "", shown) == (200, b'{"have":0}')
    assert list(folder.iterdir()) == []


def test_a_download_needs_its_own_pass(app, folder):
    (folder / "downloads").mkdir()
    (folder / "downloads" / "a b.zip").write_bytes(b"content")
    link = streaming.link(folder / "downloads" / "a b.zip").replace("%20", " ")
    assert ask(app, "GET", link) == (200, b"content")
    wrong = link.replace(receiving.access_token(folder, "a b.zip"), receiving.access_token(folder))
    assert ask(app, "GET", wrong)[0] == 403
