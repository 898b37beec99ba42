"""Slack's own wire: /api/<method>, uploads and files, response_url. What crosses it is written to the journal."""

import time

import orjson
from aiohttp import web

from sandbox.slack import response_urls
from sandbox.slack.encodings import arguments, form, json_object
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.web_api import answer, scope_headers
from sandbox.slack.workspace import Workspace


class Wire:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/api/{method}", self.call),
            web.post("/files-upload/{id}", self.upload),
            web.get("/files/{id}", self.download),
            web.get("/files/{id}/{name}", self.download),
            web.post("/response/{token}", self.respond),
            web.get("/link", self._workspace.sockets.serve),
        ]

    async def call(self, request: web.Request) -> web.Response:
        started = time.monotonic()
        name = request.match_info["method"]
        fault = self._workspace.faults.take(name)
        args: Json = {}
        status, headers = 200, {}
        try:
            args = await arguments(request)
            in_arguments = args.pop("token", None)
            await fault.before()
            body = answer(self._workspace, name, bearer(request) or str(in_arguments or ""), args)
            fault.after(request)
        except SlackError as error:
            body, status, headers = error.body(), error.status, error.headers
        warn_of_charset(request, body)
        elapsed = (time.monotonic() - started) * 1000
        self._workspace.journal.record("in", "api", method=name, args=args, status=status, response=body, ms=elapsed)
        return web.Response(
            body=orjson.dumps(body),
            status=status,
            headers=headers | scope_headers(self._workspace, name),
            content_type="application/json",
            charset="utf-8",
        )

    async def upload(self, request: web.Request) -> web.Response:
        """Raw bytes or a form; the address itself is the permission."""
        file = self._workspace.files.get(request.match_info["id"])
        try:
            content = await _uploaded(request)
        except SlackError:
            content = b""
        status = 404 if file is None or file.completed else 200 if len(content) == file.size else 400
        self._workspace.journal.record(
            "in", "upload", args={"file": request.match_info["id"], "bytes": len(content)}, status=status
        )
        if file is None or status != 200:
            return web.Response(status=status, text="upload refused")
        file.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.Response:
        file = self._workspace.files.get(request.match_info["id"])
        if file is None or file.content is None:
            raise web.HTTPNotFound
        # A stranger's upload must not run in the page.
        headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
        return web.Response(
            body=file.content, content_type=file.mimetype or "application/octet-stream", headers=headers
        )

    async def respond(self, request: web.Request) -> web.Response:
        body: Json = {}
        try:
            body = await json_object(request, "invalid_payload")
            response_urls.use(self._workspace, request.match_info["token"], body)
            response = web.Response(text="ok")
        except SlackError as error:
            response = web.json_response(error.body(), status=400 if error.code == "invalid_payload" else 404)
        self._workspace.journal.record("in", "response_url", args=body, status=response.status, response=response.text)
        return response


def bearer(request: web.Request) -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def warn_of_charset(request: web.Request, body: Json) -> None:
    """JSON without a charset is taken, with a warning: https://docs.slack.dev/apis/web-api"""
    if request.content_type == "application/json" and not request.charset:
        body["warning"] = "missing_charset"
        body.setdefault("response_metadata", {})["warnings"] = ["missing_charset"]


async def _uploaded(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for part in (await form(request)).values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""
