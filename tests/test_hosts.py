from contextlib import suppress

import pytest

from cellseg.server.hosts import HEADERS, HostGuard, is_loopback


async def answer(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    own = [(b"content-type", b"text/plain"), (b"x-frame-options", b"SAMEORIGIN")]
    await send({"type": "http.response.start", "status": 200, "headers": own})
    await send({"type": "http.response.body", "body": b"hello"})


def asked(host, origin=None, kind="http", hosts=("localhost", "127.0.0.1", "::1", "*.lab.org")):
    """What the guard sends to a request for this host from this origin."""
    headers = [(b"host", host.encode())] if host is not None else []
    headers += [(b"origin", origin.encode())] if origin else []
    scope = {"type": kind, "path": "/", "method": "GET", "headers": headers}
    sent = []

    async def send(message):
        sent.append(message)

    with suppress(StopIteration):  # nothing here waits, so one step is all; no event loop is needed
        HostGuard(answer, hosts)(scope, None, send).send(None)
    return sent


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost:8501", None, 200),
        ("LOCALHOST", None, 200),
        ("127.0.0.1:8501", "http://127.0.0.1:8501", 200),
        ("[::1]:8501", "http://[::1]:8501", 200),
        ("cells.lab.org", "https://cells.lab.org", 200),
        ("lab.org", None, 403),
        ("evil.org", None, 403),
        ("localhost.evil.org", None, 403),
        ("", None, 403),
        (None, None, 403),
        ("localhost:8501", "http://localhost:9999", 403),
        ("localhost:8501", "https://evil.org", 403),
        ("localhost:8501", "null", 403),
    ],
)
def test_foreign_hosts_and_origins_get_no_answer(host, origin, status):
    first = asked(host, origin)[0]
    assert first["status"] == status
    [opened] = asked(host, origin, kind="websocket")
    expected = "websocket.accept" if status == 200 else "websocket.close"
    assert opened["type"] == expected


def test_a_star_answers_under_every_name():
    assert asked("evil.org", hosts=["*"])[0]["status"] == 200


@pytest.mark.parametrize("host", ["localhost", "evil.org"])
def test_every_answer_forbids_what_the_pages_never_need(host):
    headers = dict(asked(host)[0]["headers"])
    policy = headers[b"content-security-policy"].decode()
    for part in ("default-src 'self'", "img-src 'self' data: blob:", "frame-ancestors 'none'"):
        assert part in policy
    assert "http" not in policy.replace("http://", "").replace("https://", "")
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert set(HEADERS) <= {key.decode() for key in headers}


def test_a_header_that_is_set_already_is_left():
    headers = asked("localhost")[0]["headers"]
    assert [value for key, value in headers if key == b"x-frame-options"] == [b"SAMEORIGIN"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        *(("localhost", True), ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True)),
        *(("0.0.0.0", False), ("::", False), ("10.0.0.4", False), ("lab-7", False)),
    ],
)
def test_what_only_this_machine_reaches(address, expected):
    assert is_loopback(address) is expected
