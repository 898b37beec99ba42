"""What a request says, whatever its encoding, and Slack's refusals of bodies that say nothing.

https://docs.slack.dev/apis/web-api#basics"""

from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import hdrs, web

from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json

CHARSETS = ("utf-8", "iso-8859-1")
# Deeper than anything that is documented, and less deep than what JSON's writers give up on.
DEEPEST = 64


async def arguments(request: web.Request) -> Json:
    """Query, then body: the SDK uses every encoding, some in one request. Raises SlackError."""
    found: Json = dict(request.query)
    if not request.can_read_body:
        return found
    if hdrs.CONTENT_TYPE not in request.headers:
        raise SlackError("missing_post_type")
    try:
        match request.content_type:
            case "application/json":
                return found | await json_object(request)
            case "multipart/form-data":
                return found | {name: value for name, value in (await form(request)).items() if isinstance(value, str)}
            case "application/x-www-form-urlencoded" | "text/plain":
                text = (await request.read()).decode(_charset(request), "replace")
                return found | dict(parse_qsl(text, keep_blank_values=True))
    except web.RequestPayloadError:  # cut short, or not compressed as it says
        raise SlackError("request_timeout") from None
    raise SlackError("invalid_post_type")


async def json_object(request: web.Request, code: str = "invalid_json") -> Json:
    """The body, {} when there is none; `code` is the refusal of bad JSON. Raises json_not_object too."""
    text: bytes | str = await request.read()
    if _charset(request) != "utf-8" and isinstance(text, bytes):
        text = text.decode(_charset(request))
    body = decoded(text, code) if text else {}
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


async def form(request: web.Request) -> Any:
    """A multipart form's fields and files. Raises invalid_form_data."""
    try:
        return await request.post()
    except (ValueError, LookupError):
        raise SlackError("invalid_form_data") from None


def decoded(text: bytes | str, code: str) -> Any:
    """A JSON value that can be written again. Raises SlackError with `code`."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise SlackError(code) from None
    if _is_deeper(value, DEEPEST):
        raise SlackError(code)
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    return levels == 0 or any(
        _is_deeper(part, levels - 1) for part in (value.values() if isinstance(value, dict) else value)
    )


def _charset(request: web.Request) -> str:
    charset = (request.charset or "utf-8").lower()
    if charset not in CHARSETS:
        raise SlackError("invalid_charset")
    return charset
