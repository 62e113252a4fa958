"""Routes for uploads and downloads that do not pass through memory.

`python -m cellseg app` serves them. `streamlit run streamlit_app.py` does not, and uploads then
pass through the memory of the server.
"""

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from cellseg import receiving
from cellseg.errors import CellsegError
from cellseg.limits import Limits
from cellseg.receiving import PartialUpload, RequestRefused
from cellseg.workspace import Workspace, disk_errors

UPLOAD = "/cellseg/upload"
DOWNLOAD = "/cellseg/download"
TOKEN_HEADER = "x-cellseg-pass"
"""The header with the access token of a tab."""

BUFFER = 1024**2
"""Bytes of a slice that are buffered in memory before they are written."""


_opened: list[bool] = []


def routes(base: str) -> list[Route]:
    """The routes; from then on, the pages of this process use them.

    Parameters
    ----------
    base : base path of the server, without a slash at its end.
    """
    _opened.append(True)
    return [
        Route(base + UPLOAD + "/{tab}/{upload}", upload, methods=["GET", "PUT", "DELETE"]),
        Route(base + DOWNLOAD + "/{tab}/{shown}/{name}", download, methods=["GET"]),
    ]


def available() -> bool:
    """Whether this process serves the routes."""
    return bool(_opened)


async def upload(request: Request) -> Response:
    """Report the received bytes of a file (GET), receive a slice (PUT), or delete it (DELETE)."""
    part = None
    try:
        workspace = Workspace.default()
        shown = request.headers.get(TOKEN_HEADER, "")
        folder = receiving.authorized_folder(workspace, request.path_params["tab"], shown)
        part = PartialUpload(folder, request.path_params["upload"])
        if request.method == "DELETE":
            part.discard()
        if request.method == "PUT":
            with disk_errors(workspace.root):
                await _take(request, part, Limits.of(workspace))
    except RequestRefused as refusal:
        have = part.size if part else 0
        return JSONResponse({"error": str(refusal), "have": have}, refusal.status)
    except CellsegError as error:
        return JSONResponse({"error": str(error)}, 507)
    except ClientDisconnect:
        return Response(status_code=400)
    return JSONResponse({"have": part.size})


async def _take(request: Request, part: PartialUpload, limits: Limits) -> None:
    """Append the body of a request to a partial upload."""
    try:
        offset = int(request.query_params["offset"])
        size = int(request.query_params["size"])
    except (KeyError, ValueError):
        raise RequestRefused(400, "A slice needs the numbers `offset` and `size`.") from None
    room = min(size - offset, receiving.MAX_REQUEST_BYTES)
    with part.append(offset, size, limits) as file:
        waiting = bytearray()
        async for chunk in request.stream():
            room -= len(chunk)
            if room < 0:
                raise RequestRefused(413, "The slice exceeds its file or the request limit.")
            waiting += chunk
            if len(waiting) >= BUFFER:
                await run_in_threadpool(file.write, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(file.write, bytes(waiting))


async def download(request: Request) -> Response:
    """Send a file that a page has created for a tab, to everyone who knows its address."""
    name = Path(request.path_params["name"]).name
    tab, shown = request.path_params["tab"], request.path_params["shown"]
    try:
        folder = receiving.authorized_folder(Workspace.default(), tab, shown, name)
    except RequestRefused as refusal:
        return JSONResponse({"error": str(refusal)}, refusal.status)
    path = folder / "downloads" / name
    if not path.is_file():
        return JSONResponse({"error": f"The file {name} no longer exists; create it again."}, 410)
    return FileResponse(path, filename=name)
