"""The outside world: a simulated API of the seven platforms, and the page of every post that it shows.

It knows tokens, rate limits, idempotency keys and a switch per platform that makes its API answer 500.
"""

import time
from collections import deque
from pathlib import Path
from random import Random
from threading import Lock
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from sandbox.agency import service, store
from sandbox.agency.seed import ACCOUNTS
from sandbox.agency.settings import Settings
from storage import clock
from telemetry.ids import Platform
from telemetry.metrics import Metrics

NAME = "platforms"
CALLS_PER_MINUTE = 240
TOKEN_DAYS = 58

_COLOURS = {
    Platform.INSTAGRAM: "#d62976",
    Platform.FACEBOOK: "#1877f2",
    Platform.TIKTOK: "#111111",
    Platform.YOUTUBE: "#e62117",
    Platform.LINKEDIN: "#0a66c2",
    Platform.X: "#14171a",
    Platform.SKOOL: "#2b5cff",
}
_COMMENTS = (
    ("jo_hill", "This made my morning."),
    ("mira.k", "Where can I find it?"),
    ("theo_88", "Saved for the weekend!"),
    ("anneli", "More of this, please."),
    ("d.okafor", "Is it back in stock?"),
)

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)


class NewToken(BaseModel):
    client_id: str


class NewPost(BaseModel):
    client_id: str
    surface: str
    text: str = Field(min_length=1, max_length=5000)
    image_url: str


class NewReply(BaseModel):
    text: str = Field(min_length=1, max_length=2000)


class Switch(BaseModel):
    on: bool
    platform: Platform


class World:
    """What the platforms remember beside their posts: tokens, calls of the last minute, and which API is broken."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tokens: set[tuple[Platform, str]] = set()
        self._calls: dict[Platform, deque[float]] = {platform: deque() for platform in Platform}
        self.failing: set[Platform] = set()

    def issue(self, platform: Platform) -> str:
        token = uuid4().hex
        self._tokens.add((platform, token))
        return token

    def knows(self, platform: Platform, authorization: str) -> bool:
        return (platform, authorization.removeprefix("Bearer ")) in self._tokens

    def calls_left(self, platform: Platform) -> int:
        """Counts this call; below 0 there are none left in this minute."""
        now = time.monotonic()
        with self._lock:
            calls = self._calls[platform]
            calls.append(now)
            while calls[0] < now - 60:
                calls.popleft()
            return CALLS_PER_MINUTE - len(calls)


def build(engine: Engine, metrics: Metrics, rng: Random) -> FastAPI:
    """The app: the platforms' API, the pages of their posts, and the switches that break them."""
    app = service.application(metrics, measured=False)  # the world outside is none of our services
    world = World()

    def working(platform: Platform, response: Response, authorization: Annotated[str, Header()] = "") -> None:
        """What every API call goes through."""
        time.sleep(rng.uniform(0.03, 0.16))  # a call to the world takes its time
        left = world.calls_left(platform)
        response.headers["X-RateLimit-Remaining"] = str(max(left, 0))
        if platform in world.failing:
            raise HTTPException(500, "Internal error. Please try again later.")
        if not world.knows(platform, authorization):
            raise HTTPException(401, "Invalid access token.")
        if left < 0:
            raise HTTPException(429, "Too many calls.", headers={"Retry-After": "10"})

    @app.post("/incidents/platform-api-fails")
    def platform_api_fails(switch: Switch) -> dict[str, list[str]]:
        (world.failing.add if switch.on else world.failing.discard)(switch.platform)
        return {"failing": sorted(world.failing)}

    @app.post("/{platform}/tokens", status_code=201)
    def issue_token(platform: Platform, wanted: NewToken) -> dict[str, str | int]:
        if wanted.client_id not in ACCOUNTS:
            raise HTTPException(404, "No such account.")
        if platform in world.failing:
            raise HTTPException(500, "Internal error. Please try again later.")
        return {"access_token": world.issue(platform), "expires_in": TOKEN_DAYS * 86_400}

    @app.post("/{platform}/posts", status_code=201, dependencies=[Depends(working)])
    def publish(
        platform: Platform, new: NewPost, request: Request, idempotency_key: Annotated[str, Header()]
    ) -> dict[str, str]:
        with engine.begin() as db:
            post = store.LivePost(
                platform=platform,
                post_id=f"p-{uuid4().hex[:12]}",
                client_id=new.client_id,
                surface=new.surface,
                text=new.text,
                image_url=new.image_url,
                posted_at=clock.now(db),
                key=idempotency_key,
            )
            store.put_posts(db, [post])
            shown = store.post_of_key(db, idempotency_key) or post
        return {
            "post_id": shown.post_id,
            "url": f"{request.base_url}{platform}/{shown.client_id}/posts/{shown.post_id}",
        }

    def found(platform: Platform, client_id: str, post_id: str) -> store.LivePost:
        with engine.connect() as db:
            post = store.one_post(db, platform, client_id, post_id)
        if post is None:
            raise HTTPException(404, "This post is not available.")
        return post

    @app.get("/{platform}/{client_id}/posts/{post_id}.json")
    def post_as_json(platform: Platform, client_id: str, post_id: str) -> dict[str, str]:
        post = found(platform, client_id, post_id)
        return {"post_id": post.post_id, "text": post.text, "posted_at": post.posted_at.isoformat()}

    @app.get("/{platform}/{client_id}/posts/{post_id}/comments", dependencies=[Depends(working)])
    def comments(platform: Platform, client_id: str, post_id: str) -> list[dict[str, str]]:
        return _comments(found(platform, client_id, post_id))

    @app.post("/{platform}/{client_id}/posts/{post_id}/replies", status_code=201, dependencies=[Depends(working)])
    def reply(platform: Platform, client_id: str, post_id: str, new: NewReply) -> dict[str, str]:
        with engine.begin() as db:
            if not store.add_reply(db, platform, post_id, {"author": ACCOUNTS[client_id].name, "text": new.text}):
                raise HTTPException(404, "This post is not available.")
        return {"status": "posted"}

    @app.get("/{platform}/{client_id}/posts/{post_id}")
    def page(platform: Platform, client_id: str, post_id: str) -> HTMLResponse:
        post = found(platform, client_id, post_id)
        template = _templates.get_template("post.html")
        return HTMLResponse(
            template.render(
                post=post,
                platform=platform.title,
                colour=_COLOURS[platform],
                account=ACCOUNTS[client_id],
                comments=[*_comments(post), *post.replies],
                likes=40 + int(post.post_id[-3:], 16) % 900,
            )
        )

    return app


def _comments(post: store.LivePost) -> list[dict[str, str]]:
    """One to three comments, the same each time for the same post."""
    chosen = Random(post.post_id).sample(_COMMENTS, k=Random(post.post_id).randrange(1, 4))
    return [{"author": author, "text": text} for author, text in chosen]


def run(settings: Settings) -> None:
    metrics = service.set_up(NAME, settings)
    app = build(service.open_database(NAME, settings), metrics, Random(settings.seed))
    service.serve(app, NAME, settings.port)
