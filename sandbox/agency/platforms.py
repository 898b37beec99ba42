"""The outside world: a simulated API of the seven platforms, the page of every post, their studios, model providers.

The API knows tokens that expire, rate limits and idempotency keys. What can break here is a word in `FAULTS`.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
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

from sandbox.agency import providers, service, store, studio
from sandbox.agency.faults import Faults
from sandbox.agency.seed import ACCOUNTS, Account
from sandbox.agency.settings import Settings
from storage import clock
from telemetry.ids import Platform
from telemetry.metrics import Metrics

NAME = "platforms"
CALLS_PER_MINUTE = 240
TOKEN_SECONDS = 600
FAULTS = (
    "api_fails",
    "flaky",
    "posts_hidden",
    "grant_revoked",
    "account_disabled",
    *studio.FAULTS,
    *providers.FAULTS,
)
# While posts are held back, those younger than this are not to be seen.
_HELD_BACK = timedelta(minutes=15)
_FLAKY = 0.55

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

# Of the kind that any of the clients may hear.
COMPLAINTS = (
    ("greta_w", "I wrote to you three times and nobody answers."),
    ("paul.mercer", "Two weeks, and I still wait for my refund."),
    ("nadia_r", "The link in your profile is broken. I wanted to book today."),
    ("old_harry", "I called twice this morning and nobody answers the phone."),
    ("li.na", "You promised me a refund last month. Nothing came."),
    ("sam_and_bo", "Your form is broken: I filled it in twice and it ate everything."),
    ("t.brandt", "A simple question since Monday, and nobody answers. Shall I go elsewhere?"),
    ("yara.k", "This is the second time that you charge me twice. I want a refund."),
)
_COMPLAINING = 0.08

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


class Memory:
    """What the platforms remember beside their posts: tokens, and the calls of the last minute."""

    def __init__(self, calls_per_minute: int) -> None:
        self._calls_per_minute = calls_per_minute
        self._lock = Lock()
        self._tokens: dict[tuple[str, str], tuple[str, float]] = {}
        self._calls: dict[Platform, deque[float]] = {platform: deque() for platform in Platform}

    def issue(self, platform: Platform, client_id: str) -> str:
        token = f"EAA{uuid4().hex}"  # a shape that redaction knows
        self._tokens[platform, token] = (client_id, time.monotonic() + TOKEN_SECONDS)
        return token

    def owner(self, platform: Platform, authorization: str) -> str | None:
        """The client whose token this is, unless it has expired."""
        client_id, until = self._tokens.get((platform, authorization.removeprefix("Bearer ")), (None, 0.0))
        return client_id if time.monotonic() < until else None

    def call(self, platform: Platform) -> tuple[int, float]:
        """Counts a call: how many are left in this minute, and the seconds to wait when it was one too many."""
        now = time.monotonic()
        with self._lock:
            calls = self._calls[platform]
            while calls and calls[0] < now - 60:
                calls.popleft()
            if len(calls) >= self._calls_per_minute:
                return 0, calls[0] + 60 - now
            calls.append(now)
            return self._calls_per_minute - len(calls), 0.0


def build(engine: Engine, metrics: Metrics, rng: Random, *, calls_per_minute: int = CALLS_PER_MINUTE) -> FastAPI:
    """The app: all that is outside the agency, and the switches that break it."""
    app = service.application(metrics, measured=False)  # the world outside is none of our services
    faults = Faults(app, FAULTS)
    memory = Memory(calls_per_minute)
    put_post = _posts(engine)
    providers.add_providers(app, faults, rng)
    studio.add_studio(app, engine, faults, _page, put_post)
    _add_api(app, engine, faults, memory, put_post, rng)
    _add_pages(app, engine, faults)
    return app


def _posts(engine: Engine) -> Callable[..., store.LivePost]:
    def put(platform: Platform, client_id: str, surface: str, text: str, image_url: str, key: str) -> store.LivePost:
        """Shows a post to the world; the same key twice is one post."""
        with engine.begin() as db:
            post = store.LivePost(
                platform=platform,
                post_id=f"p-{uuid4().hex[:12]}",
                client_id=client_id,
                surface=surface,
                text=text,
                image_url=image_url,
                posted_at=clock.now(db),
                key=key,
            )
            store.put_posts(db, [post])
            return store.post_of_key(db, key) or post

    return put


def _add_api(
    app: FastAPI,
    engine: Engine,
    faults: Faults,
    memory: Memory,
    put_post: Callable[..., store.LivePost],
    rng: Random,
) -> None:
    def working(platform: Platform, response: Response, authorization: Annotated[str, Header()] = "") -> None:
        """What every API call goes through."""
        time.sleep(rng.uniform(0.03, 0.16))  # a call to the world takes its time
        if faults.on("api_fails", platform):
            raise HTTPException(500, "Internal error. Please try again later.")
        if faults.on("flaky", platform) and rng.random() < _FLAKY:
            raise HTTPException(503, "Please try again.")
        client_id = memory.owner(platform, authorization)
        if client_id is None or faults.on("grant_revoked", client_id):
            raise HTTPException(401, "Invalid access token.")
        if faults.on("account_disabled", client_id):
            raise HTTPException(403, "This account is disabled.")
        left, wait = memory.call(platform)
        told = {"X-RateLimit-Remaining": str(left)}
        if wait:
            raise HTTPException(429, "Too many calls.", headers=told | {"Retry-After": str(math.ceil(wait))})
        response.headers.update(told)

    @app.post("/{platform}/tokens", status_code=201)
    def issue_token(platform: Platform, wanted: NewToken) -> dict[str, str | int]:
        """What the client once allowed becomes a token for some minutes, unless the client took it back."""
        if wanted.client_id not in ACCOUNTS:
            raise HTTPException(404, "No such account.")
        if faults.on("api_fails", platform):
            raise HTTPException(500, "Internal error. Please try again later.")
        if faults.on("grant_revoked", wanted.client_id):
            raise HTTPException(401, "The grant has expired.")
        return {"access_token": memory.issue(platform, wanted.client_id), "expires_in": TOKEN_SECONDS}

    @app.post("/{platform}/posts", status_code=201, dependencies=[Depends(working)])
    def publish(
        platform: Platform, new: NewPost, request: Request, idempotency_key: Annotated[str, Header()]
    ) -> dict[str, str]:
        shown = put_post(platform, new.client_id, new.surface, new.text, new.image_url, key=idempotency_key)
        return {
            "post_id": shown.post_id,
            "url": f"{request.base_url}{platform}/{shown.client_id}/posts/{shown.post_id}",
        }

    @app.get("/{platform}/{client_id}/posts/{post_id}/comments", dependencies=[Depends(working)])
    def comments(platform: Platform, client_id: str, post_id: str) -> list[dict[str, str]]:
        return _comments(_found(engine, platform, client_id, post_id))

    @app.post("/{platform}/{client_id}/posts/{post_id}/replies", status_code=201, dependencies=[Depends(working)])
    def reply(platform: Platform, client_id: str, post_id: str, new: NewReply) -> dict[str, str]:
        with engine.begin() as db:
            if not store.add_reply(db, platform, post_id, {"author": ACCOUNTS[client_id].name, "text": new.text}):
                raise HTTPException(404, "This post is not available.")
        return {"status": "posted"}

    @app.post("/{platform}/{client_id}/threads/{thread}/messages", status_code=201, dependencies=[Depends(working)])
    def message(
        platform: Platform, client_id: str, thread: str, new: NewReply, idempotency_key: Annotated[str, Header()]
    ) -> dict[str, str]:
        with engine.begin() as db:
            store.put_message(db, store.Sent(idempotency_key, platform, client_id, thread, new.text))
        return {"status": "sent"}

    @app.get("/{platform}/{client_id}/threads/{thread}/messages", dependencies=[Depends(working)])
    def messages(platform: Platform, client_id: str, thread: str) -> list[str]:
        with engine.connect() as db:
            return store.messages_in(db, platform, client_id, thread)


def _found(engine: Engine, platform: Platform, client_id: str, post_id: str) -> store.LivePost:
    with engine.connect() as db:
        post = store.one_post(db, platform, client_id, post_id)
    if post is None:
        raise HTTPException(404, "This post is not available.")
    return post


def _add_pages(app: FastAPI, engine: Engine, faults: Faults) -> None:
    def visible(platform: Platform, client_id: str, post_id: str) -> store.LivePost:
        post = _found(engine, platform, client_id, post_id)
        with engine.connect() as db:
            age = clock.now(db) - post.posted_at
        if faults.on("posts_hidden", platform) and age < _HELD_BACK:
            raise HTTPException(404, "This post is not available.")
        return post

    @app.get("/{platform}/{client_id}/posts/{post_id}.json")
    def post_as_json(platform: Platform, client_id: str, post_id: str) -> dict[str, str]:
        post = visible(platform, client_id, post_id)
        return {"post_id": post.post_id, "text": post.text, "posted_at": post.posted_at.isoformat()}

    @app.get("/{platform}/{client_id}/posts/{post_id}")
    def page(platform: Platform, client_id: str, post_id: str) -> HTMLResponse:
        post = visible(platform, client_id, post_id)
        comments = [*_comments(post), *post.replies]
        likes = 40 + int(post.post_id[-3:], 16) % 900
        return _page("post.html", platform, ACCOUNTS[client_id], post=post, comments=comments, likes=likes)


def _page(template: str, platform: Platform, account: Account, **more: object) -> HTMLResponse:
    own = {"platform": platform.title, "colour": _COLOURS[platform], "account": account}
    return HTMLResponse(_templates.get_template(template).render(own | more))


def _comments(post: store.LivePost) -> list[dict[str, str]]:
    """One to four comments, the same each time for the same post."""
    rng = Random(post.post_id)
    chosen = rng.sample(_COMMENTS, k=rng.randrange(1, 4))
    complaint = [rng.choice(COMPLAINTS)] if rng.random() < _COMPLAINING else []
    return [{"author": author, "text": text} for author, text in (*chosen, *complaint)]


def run(settings: Settings) -> None:
    metrics = service.set_up(NAME, settings)
    app = build(service.open_database(NAME, settings), metrics, Random(settings.seed))
    service.serve(app, NAME, settings.port)
