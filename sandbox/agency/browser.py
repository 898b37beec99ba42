"""The browser runner: posts through a platform's studio as a person would, step by step, with a screenshot as proof.

One browser, one page at a time, one thread that owns it; whoever asks meanwhile waits. Trying again is the caller's.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI, Response
from pydantic import BaseModel

from sandbox.agency import filing, service
from sandbox.agency.hands import Hands, NotThere, Page, PlainHttp, chromium, hands
from sandbox.agency.seed import studio_password
from sandbox.agency.settings import Settings
from telemetry import catalog, ids, logs, spans, traces
from telemetry.ids import Platform
from telemetry.metrics import Metrics

NAME = "browser"

_log = logs.get(__name__)


class Publish(BaseModel):
    """The post; `key` makes it one however often it is sent."""

    platform: Platform
    client_id: str
    surface: str
    text: str
    image_url: str
    key: str


class Failed(Exception):
    """A run ended before its post was out; `reason` is one of few words."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


@dataclass
class Runner:
    """The hands, which come when first needed, and the one thread that may use them."""

    platforms_url: str
    storage: httpx.Client
    metrics: Metrics
    make_hands: Callable[[], Hands] = hands
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="browser"))
    _hands: Hands | None = None

    def _own_hands(self) -> Hands:
        if self._hands is None:
            self._hands = self.make_hands()
        return self._hands

    def publish(self, wanted: Publish) -> dict[str, Any]:
        """{"post_url", "post_id", "screenshot_ref", "hands"}, or Failed."""
        return self.thread.submit(copy_context().run, self._publish, wanted).result()

    def _publish(self, wanted: Publish) -> dict[str, Any]:
        self.metrics.add(catalog.BROWSER_RUNS_TOTAL, platform=wanted.platform, action="publish")
        own = self._own_hands()
        with (
            ids.bound(runner_id=f"browser-{own.name.replace(' ', '-')}"),
            spans.browser_run(wanted.platform, "publish"),
            own.page(f"{wanted.platform}/{wanted.client_id}", service.outgoing()) as page,
        ):
            try:
                post_url = self._walk(page, wanted)
            except Failed as problem:
                traces.fail(problem.reason)
                self._picture(page, problem.reason)
                raise
            shown = self._picture(page, "proof")
            return {
                "post_url": post_url,
                "post_id": post_url.rpartition("/")[2],
                "screenshot_ref": shown.url if shown else None,
                "hands": own.name,
            }

    def _walk(self, page: Page, wanted: Publish) -> str:
        query = urlencode({"draft": wanted.key})
        studio = f"{self.platforms_url}/{wanted.platform}/studio/{wanted.client_id}"
        with self._step(wanted.platform, "open", "page"):
            code = page.open(f"{studio}?{query}")
            if code == 403:
                raise Failed("account_disabled", permanent=True)
            if not 200 <= code < 400:
                raise Failed("platform_5xx", permanent=False)
        self._look_for_challenge(page, wanted.platform)
        if page.sees("#login-user"):
            with self._step(wanted.platform, "login", "#login-go"):
                page.fill("#login-user", wanted.client_id)
                page.fill("#login-password", studio_password(wanted.client_id))
                page.click("#login-go")
            self._look_for_challenge(page, wanted.platform)
        for selector, text in (
            ("#composer-text", wanted.text),
            ("#composer-image", wanted.image_url),
            ("#composer-surface", wanted.surface),
        ):
            with self._step(wanted.platform, "write", selector):
                page.fill(selector, text)
        with self._step(wanted.platform, "submit", "#composer-publish", certain=False):
            page.click("#composer-publish")
        with self._step(wanted.platform, "read_link", "#live-link", certain=False):
            return page.link("#live-link")

    def _look_for_challenge(self, page: Page, platform: str) -> None:
        if page.sees("#challenge"):
            self.metrics.add(catalog.BROWSER_LOGIN_CHALLENGES_TOTAL, platform=platform)
            raise Failed("login_challenge", permanent=True)

    @contextmanager
    def _step(self, platform: str, action: str, selector: str, *, certain: bool = True) -> Iterator[None]:
        """One movement, measured. After one that is not `certain` nobody knows whether the post is out."""
        started = time.perf_counter()
        outcome = "fail"
        try:
            yield
            outcome = "ok"
        except (NotThere, Failed) as problem:
            reason = problem.reason if isinstance(problem, Failed) else "selector_missing"
            outcome = "selector" if isinstance(problem, NotThere) else outcome
            self.metrics.add(catalog.BROWSER_STEP_FAILURES_TOTAL, action=action, reason=reason)
            _log.warning("step.failed", status="error", error_code=reason, action=action, selector=selector)
            if isinstance(problem, Failed):
                raise
            raise Failed(reason if certain else "timeout", permanent=certain) from problem
        finally:
            ms = (time.perf_counter() - started) * 1000
            own = {"platform": platform, "action": action, "outcome": outcome}
            self.metrics.add(catalog.BROWSER_STEP_OUTCOMES_TOTAL, 1, **own)
            self.metrics.record(
                catalog.BROWSER_STEP_DURATION_MS, ms, action=action, selector_hash=selector_hash(selector)
            )

    def _picture(self, page: Page, reason: str) -> filing.Filed | None:
        try:
            png = page.screenshot()
        except NotThere:
            return None
        if png is None:
            return None
        self.metrics.add(catalog.BROWSER_SCREENSHOT_CAPTURED_TOTAL, reason=reason)
        return filing.file(self.storage, self.metrics, png)

    def close(self) -> None:
        if self._hands is not None:
            self.thread.submit(self._hands.close).result()
        self.thread.shutdown()


def selector_hash(selector: str) -> str:
    """As many as there are selectors in this file, so few."""
    return hashlib.sha256(selector.encode()).hexdigest()[:8]


def build(runner: Runner) -> FastAPI:
    app = service.application(runner.metrics)

    @app.post("/runs/publish")
    def publish(wanted: Publish, response: Response) -> dict[str, Any]:
        """200 with the post and its proof, or 502 {"error", "permanent"}."""
        try:
            done = runner.publish(wanted)
        except Failed as problem:
            response.status_code = 502
            return {"error": problem.reason, "permanent": problem.permanent}
        _log.info("run.done", status="ok", post_url=done["post_url"], hands=done["hands"])
        return done

    return app


def run(settings: Settings) -> None:
    metrics = service.set_up(NAME, settings)
    if chromium() is None:
        _log.warning("chromium.missing", instead=PlainHttp.name, lost="screenshots, and what a page's scripts do")
    runner = Runner(settings.platforms_url, service.client(settings.storage_url), metrics)
    try:
        service.serve(build(runner), NAME, settings.port)
    finally:
        runner.close()
