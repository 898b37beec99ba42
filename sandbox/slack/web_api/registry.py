"""The table of Web API methods. A method is one function in the file of its family, registered by its decorator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.arguments import Arguments
from sandbox.slack.model import Json
from sandbox.slack.workspace import Workspace

Handler = Callable[[Workspace, Arguments], Json]
Caller = Literal["bot", "app", "anyone"]


@dataclass(frozen=True)
class Method:
    """`takes` are its documented arguments; any one of `scopes` opens it; `per_minute` is its tier's rate."""

    handler: Handler
    takes: frozenset[str]
    scopes: tuple[str, ...]
    per_minute: int
    caller: Caller


METHODS: dict[str, Method] = {}

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
# Calls through a Bolt listener's client carry the team of the payload, whatever the method.
ALWAYS = ("team_id",)


def method(
    name: str,
    takes: str = "",
    *,
    scopes: tuple[str, ...] = (),
    tier: Literal[1, 2, 3, 4] | None = None,
    caller: Caller = "bot",
) -> Callable[[Handler], Handler]:
    """Registers a function (workspace, arguments) -> answer without `ok`. No tier means a special, generous rate.

    Arguments, scopes and tiers are those of https://docs.slack.dev/reference/methods."""

    def register(handler: Handler) -> Handler:
        arguments = frozenset((*takes.split(), *ALWAYS))
        METHODS[name] = Method(handler, arguments, scopes, TIERS[tier] if tier else 600, caller)
        return handler

    return register


def for_any(right: Literal["read", "history"]) -> tuple[str, ...]:
    """The scopes of which a conversation method needs the one of its channel's kind."""
    return tuple(f"{kind}:{right}" for kind in ("channels", "groups", "im", "mpim"))
