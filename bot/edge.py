"""What every path below /v1 shares: whose token it is, a body that is bounded, and how a refusal is told."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import Header, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import ClientDisconnect

from bot.resources import Refused
from bot.sources import Scope, Source, holder
from clients.ingest import MOST_PROBLEMS, Problem

MOST_BYTES = 1024 * 1024
_BODY_SECONDS = 10
REFS = "#/components/schemas/{model}"

Count = Callable[[str, str], None]
"""count(source, outcome) of a request."""
Key = Annotated[str | None, Header(pattern=r"^[\x21-\x7e]{1,200}$")]


@dataclass(frozen=True)
class Refusal:
    """Nothing was stored."""

    problems: list[Problem]


REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Refusal, "description": "No token, or none that anybody holds."},
    403: {"model": Refusal, "description": "Not this source's: the resource, or a client."},
    408: {"model": Refusal, "description": "The body did not arrive in time."},
    409: {"model": Refusal, "description": "A request with this key is being stored right now."},
    413: {"model": Refusal, "description": "More than 1 MiB."},
    415: {"model": Refusal, "description": "Not application/json, or compressed."},
    422: {"model": Refusal, "description": "Something to mend, or the key was used with another body."},
    503: {"model": Refusal, "description": "The store does not answer; send it again."},
}


def authorizing(sources: Sequence[Source], scope: Scope) -> Callable[..., Source]:
    """A dependency: the source whose token came with the request, if it has this scope."""

    def authorized(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(HTTPBearer(auto_error=False))],
    ) -> Source:
        source = holder(sources, bearer.credentials if bearer else "")
        if source is None:
            raise Refused(401, Problem("authorization", "missing or wrong", "Authorization: Bearer TOKEN"))
        request.state.source = source.name
        if scope not in source.scopes:
            hint = f'add "{scope}" to the scopes of {source.name} in checkin.toml'
            raise Refused(403, Problem("authorization", "this source may not write here", hint))
        return source

    return authorized


async def read_body(request: Request) -> bytes:
    """The whole body; Refused when it is none that we read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, Problem("content-type", "not application/json", "Content-Type: application/json"))
    if request.headers.get("content-encoding", "identity") != "identity":
        # A small compressed body can unfold to anything.
        raise Refused(415, Problem("content-encoding", "compressed", "send it plain"))
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise Refused(413, Problem("body", f"more than {MOST_BYTES} bytes", "send fewer rows at once"))
    except (TimeoutError, ClientDisconnect):
        raise Refused(408, Problem("body", f"not here after {_BODY_SECONDS} s", "send it again")) from None
    return bytes(body)


def refusal(status: int, problems: Sequence[Problem]) -> JSONResponse:
    headers = {401: {"WWW-Authenticate": "Bearer"}, 409: {"Retry-After": "1"}, 503: {"Retry-After": "5"}}
    body = {"problems": [asdict(problem) for problem in problems[:MOST_PROBLEMS]]}
    return JSONResponse(body, status_code=status, headers=headers.get(status))
