"""One aiohttp application on one port of 127.0.0.1: Slack's wire, the page, and the control API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.slack import control_api, page_actions, page_api, switches
from sandbox.slack.config import Config
from sandbox.slack.wire import Wire
from sandbox.slack.workspace import Workspace

STATIC = Path(__file__).parent / "static"
MAX_UPLOAD_BYTES = 64 << 20


def application(workspace: Workspace) -> web.Application:
    app = web.Application(client_max_size=MAX_UPLOAD_BYTES, middlewares=[this_machine_only, own_pages_only])
    app.on_response_prepare.append(always_asked)
    app.add_routes(Wire(workspace).routes())
    app.add_routes(page_api.routes(workspace))
    app.add_routes(page_actions.routes(workspace))
    app.add_routes(control_api.routes(workspace))
    app.add_routes(switches.routes(workspace))
    app.add_routes(
        [
            web.get("/", page),
            *(web.get(f"{base}/{{channel}}/p{{ts}}", permalink) for base in ("/archives", "/page/permalink")),
        ]
    )
    app.router.add_static("/static", STATIC)
    return app


@web.middleware
async def this_machine_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A name of somebody else's that leads here (DNS rebinding) would make their page one of ours.

    https://www.rfc-editor.org/rfc/rfc9110#name-421-misdirected-request
    """
    if not is_loopback(request.host):
        port = request.url.port if request.transport is None else request.transport.get_extra_info("sockname")[1]
        raise web.HTTPMisdirectedRequest(text=f"The local Slack answers this machine only: http://127.0.0.1:{port}\n")
    return await handler(request)


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine: `localhost:8090`, `127.0.0.1`, `[::1]:8090`."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or name.endswith(".localhost") or ip_address(name).is_loopback
    except ValueError:
        return False


@web.middleware
async def own_pages_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Another site that is open in the same browser must not press buttons here; a link may lead here.

    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
    """
    followed = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and not followed:
        raise web.HTTPForbidden
    return await handler(request)


async def always_asked(_request: web.Request, response: web.StreamResponse) -> None:
    """Browsers keep what may change between two starts on one port only if they ask each time."""
    response.headers.setdefault("Cache-Control", "no-cache")


async def page(_request: web.Request) -> web.StreamResponse:
    return web.FileResponse(STATIC / "index.html")


async def permalink(request: web.Request) -> web.StreamResponse:
    """Opens the page at a message: its thread, or its place in the channel."""
    ts = request.match_info["ts"].replace(".", "")
    at = f"{ts[:-6]}.{ts[-6:]}"
    where = {"channel": request.match_info["channel"], "at": at}
    if thread := request.query.get("thread_ts"):
        where["thread"] = thread
    if user := request.query.get("user"):
        where["user"] = user
    raise web.HTTPFound(request.url.with_path("/").with_query(where))


@asynccontextmanager
async def serving(config: Config, port: int = 0) -> AsyncIterator[Workspace]:
    """The workspace, served on 127.0.0.1 for as long as the block lasts; port 0 takes a free one."""
    workspace = Workspace(config)
    runner = web.AppRunner(application(workspace), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        workspace.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield workspace
    finally:
        workspace.stopping.set()
        workspace.feed.close()
        workspace.delivery.close()
        await workspace.sockets.disconnect(None)
        await runner.cleanup()
        await asyncio.sleep(0)
