"""Every message and view that a test lets Checkin make is read as Slack would read it; a refused one fails the test.

`--sayings FOLDER` also writes them down, each process its own file, a JSON object a line, with the function that made
each, and then every line of the cards that nothing in this process led through: what a line would have said through
which no process was led, nobody has read.
"""

import functools
import inspect
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from messages.blocks import PICTURE, Message
from messages.slack import Slack
from operations.model import Ask
from sandbox.slack.block_kit import Surface, problems

ROOT = Path(__file__).parents[1]
ROOMS = {"alerts", "bot", "dashboards", "digests", "messages", "operations"}
SAYS = {"Message", "Ask", "publish_home", "whisper"}
"""What code calls to say something."""


@dataclass(frozen=True)
class Saying:
    by: str
    """module:function"""
    surface: Surface
    payload: dict[str, Any]


CARDS = {
    str(file) for room in ROOMS for file in (ROOT / room).rglob("*.py") if file.stem in ("cards", "client_card", "home")
}

_heard: list[Saying] = []
_ran: set[tuple[str, int]] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sayings", help="write every message and view that was made to a file in this folder")


def _file(config: pytest.Config) -> Path | None:
    folder = config.getoption("--sayings")
    return Path(folder) / f"{os.getpid()}.jsonl" if folder else None


def pytest_configure(config: pytest.Config) -> None:
    _listen(Message, "__init__", "message", lambda self: {"text": self.text, "blocks": self.blocks})
    _listen(Ask, "__init__", "modal", lambda self: dict(self.view))
    _listen(Slack, "publish_home", "home", lambda _self, _user, blocks: {"type": "home", "blocks": list(blocks)})
    _listen(Slack, "whisper", "message", lambda _self, _channel, _user, text, **_: {"text": text, "blocks": []})
    if _file(config):
        threading.settrace(_calls)
        sys.settrace(_calls)


def pytest_unconfigure(config: pytest.Config) -> None:
    if file := _file(config):
        sys.settrace(None)
        threading.settrace(None)
        unread = sorted({place for card in CARDS for place in _lines(card)} - _ran)
        with file.open("a") as lines:
            lines.writelines(json.dumps({"unread": f"{Path(card).relative_to(ROOT)}:{n}"}) + "\n" for card, n in unread)


def _calls(frame: FrameType, _event: str, _about: Any) -> Callable[..., Any] | None:
    return _steps if frame.f_code.co_filename in CARDS else None


def _steps(frame: FrameType, _event: str, _about: Any) -> Callable[..., Any]:
    _ran.add((frame.f_code.co_filename, frame.f_lineno))
    return _steps


def _lines(card: str) -> Iterator[tuple[str, int]]:
    """Every line inside the functions of the file."""
    codes: list[CodeType] = [compile(Path(card).read_text(), card, "exec")]
    for code in codes:
        codes += [part for part in code.co_consts if isinstance(part, CodeType)]
        if code.co_flags & inspect.CO_OPTIMIZED:
            yield from {(card, n) for _, _, n in code.co_lines() if n and n != code.co_firstlineno}


def _listen(owner: type, method: str, surface: Surface, payload: Callable[..., dict[str, Any]]) -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    def heard(self: Any, *given: Any, **named: Any) -> Any:
        answer = original(self, *given, **named)
        caller = sys._getframe(1)
        module = caller.f_globals["__name__"]
        if module.split(".")[0] in ROOMS:
            said = payload(self) if method == "__init__" else payload(self, *given, **named)
            _heard.append(Saying(f"{module}:{caller.f_code.co_qualname}", surface, _pictured(said)))
        return answer

    setattr(owner, method, heard)


def _pictured(payload: dict[str, Any]) -> dict[str, Any]:
    """As it leaves us: an uploaded file's id stands where a card names a picture. A copy, as cards may be changed."""
    copied: dict[str, Any] = json.loads(re.sub(f'"{PICTURE}[^"]*"', '"F0123456789"', json.dumps(payload)))
    return copied


@pytest.fixture(autouse=True)
def _slack_takes_what_is_said(request: pytest.FixtureRequest) -> Iterator[None]:
    _heard.clear()
    yield
    said = list(_heard)
    if file := _file(request.config):
        with file.open("a") as lines:
            lines.writelines(json.dumps(asdict(saying)) + "\n" for saying in said)
    refused = [(saying.by, str(each)) for saying in said for each in problems(saying.payload, saying.surface)]
    assert refused == []
