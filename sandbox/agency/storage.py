"""Asset storage: files by the hash of their content, over HTTP. What is stored twice is there once.

What a file is for is its owner's business; a name cannot be guessed, and content never changes under it.
"""

import hashlib
import os
import tempfile
from pathlib import Path as Folder
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Request, Response
from fastapi.responses import FileResponse

from sandbox.agency import service
from sandbox.agency.faults import Faults
from sandbox.agency.settings import Settings
from telemetry.metrics import Metrics

NAME = "storage"
_LARGEST = 8 * 1024 * 1024
_ENDINGS = {"image/png": "png", "text/plain": "txt"}
_NAME = r"^[0-9a-f]{64}\.(png|txt)$"
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


async def _body(request: Request) -> bytes:
    """The content, unless it is too large: then no more of it is read."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > _LARGEST:
            raise HTTPException(413, f"more than {_LARGEST} bytes")
    return bytes(content)


def build(metrics: Metrics, folder: Folder) -> FastAPI:
    """The app; files are kept in `folder`."""
    app = service.application(metrics)
    faults = Faults(app, ("full",))
    folder.mkdir(parents=True, exist_ok=True)

    @app.post("/files")
    def keep(
        request: Request,
        response: Response,
        content: Annotated[bytes, Depends(_body)],
        content_type: Annotated[str, Header()],
    ) -> dict[str, str]:
        """201 {"name", "url"} for new content, 200 for what is here already."""
        if content_type not in _ENDINGS:
            raise HTTPException(415, f"one of {', '.join(_ENDINGS)}")
        if faults.on("full"):
            raise HTTPException(507, "No space left.")
        name = f"{hashlib.sha256(content).hexdigest()}.{_ENDINGS[content_type]}"
        response.status_code = 200 if (folder / name).exists() else 201
        if response.status_code == 201:
            _write(folder / name, content)
        return {"name": name, "url": f"{request.base_url}files/{name}"}

    @app.get("/files/{name}")
    def show(name: Annotated[str, Path(pattern=_NAME)]) -> FileResponse:
        if not (folder / name).exists():
            raise HTTPException(404, "no such file")
        return FileResponse(folder / name, headers=_FOR_EVER)

    return app


def _write(path: Folder, content: bytes) -> None:
    """Whole or not at all, whoever else writes the same."""
    handle, unfinished = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(unfinished, path)


def run(settings: Settings) -> None:
    metrics = service.set_up(NAME, settings)
    service.serve(build(metrics, settings.files), NAME, settings.port)
