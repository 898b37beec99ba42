"""The table of Web API methods. A method is one function in the file of its family, registered by its decorator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.arguments import Arguments
from sandbox.slack.model import Json
from sandbox.slack.workspace import Workspace

Handler = Callable[[Workspace, Arguments], Json]
Caller = Literal["bot", "app"]


@dataclass(frozen=True)
class Method:
    """`per_minute` is the tier's rate; a channel's own pace is kept apart from it."""

    handler: Handler
    per_minute: int
    caller: Caller


METHODS: dict[str, Method] = {}

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}


def method(
    name: str, *, tier: Literal[1, 2, 3, 4] | None = None, caller: Caller = "bot"
) -> Callable[[Handler], Handler]:
    """Registers a function (workspace, arguments) -> answer without `ok`. No tier means a special, generous rate."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, TIERS[tier] if tier else 600, caller)
        return handler

    return register
