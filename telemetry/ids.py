"""The canonical identifiers (spec section 4): one context that carries them all, set once at each edge.

Spans, log lines and audits read it; nothing else passes ids by hand.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TypedDict, Unpack, cast


class Platform(StrEnum):
    INSTAGRAM = "instagram"
    FACEBOOK = "facebook"
    TIKTOK = "tiktok"
    YOUTUBE = "youtube"
    LINKEDIN = "linkedin"
    X = "x"
    SKOOL = "skool"

    @property
    def title(self) -> str:  # type: ignore[override]  # the platforms spell themselves their own way
        return _TITLES[self]


_TITLES = {
    Platform.INSTAGRAM: "Instagram",
    Platform.FACEBOOK: "Facebook",
    Platform.TIKTOK: "TikTok",
    Platform.YOUTUBE: "YouTube",
    Platform.LINKEDIN: "LinkedIn",
    Platform.X: "X",
    Platform.SKOOL: "Skool",
}


class Surface(StrEnum):
    REELS = "reels"
    FEED = "feed"
    STORIES = "stories"
    SHORTS = "shorts"
    COMMUNITY = "community"
    DM = "dm"

    @property
    def title(self) -> str:  # type: ignore[override]  # what people call one piece on this surface
        return _PIECES[self]


_PIECES = {
    Surface.REELS: "reel",
    Surface.FEED: "post",
    Surface.STORIES: "story",
    Surface.SHORTS: "short",
    Surface.COMMUNITY: "community post",
    Surface.DM: "DM",
}


class Lane(StrEnum):
    PLANNING = "planning"
    CREATION = "creation"
    PUBLISHING = "publishing"
    ENGAGEMENT = "engagement"


@dataclass(frozen=True)
class Ids:
    """All canonical ids; None where one does not apply. trace_id and span_id come from the active span."""

    request_id: str | None = None
    client_id: str | None = None
    platform: str | None = None
    surface: str | None = None
    lane: str | None = None
    blueprint_id: str | None = None
    plan_id: str | None = None
    asset_id: str | None = None
    calendar_item_id: str | None = None
    episode_id: str | None = None
    job_id: str | None = None
    tool_id: str | None = None
    runner_id: str | None = None

    def __hash__(self) -> int:  # every line and span looks its ids up; hashing all thirteen would take the longest
        return hash((self.request_id, self.job_id, self.client_id))

    def present(self) -> dict[str, str]:
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}


NAMES = tuple(field.name for field in fields(Ids))


class Given(TypedDict, total=False):
    """The same as they are given, some of them: a name that is none of them is found by the type checker."""

    request_id: str | None
    client_id: str | None
    platform: str | None
    surface: str | None
    lane: str | None
    blueprint_id: str | None
    plan_id: str | None
    asset_id: str | None
    calendar_item_id: str | None
    episode_id: str | None
    job_id: str | None
    tool_id: str | None
    runner_id: str | None


_NONE = Ids()
_current: ContextVar[Ids] = ContextVar("checkin_ids", default=_NONE)


def current() -> Ids:
    return _current.get()


@contextmanager
def bound(**ids: Unpack[Given]) -> Iterator[Ids]:
    """Adds the given ids to the context for the length of the block; what is None leaves the outer value."""
    given = cast(Mapping[str, str | None], ids)
    merged = replace(_current.get(), **{name: value for name, value in given.items() if value is not None})
    token = _current.set(merged)
    try:
        yield merged
    finally:
        _current.reset(token)


def from_mapping(carrier: Mapping[str, object]) -> Given:
    """The canonical ids found in a job payload or in headers parsed elsewhere; everything else is left out."""
    return cast(Given, {name: str(carrier[name])[:128] for name in NAMES if carrier.get(name) is not None})
