"""Where a platform without an API lets people post: its studio, a page with a log-in and a composer.

It can ask who is there (`challenge`), answer slowly (`studio_slow`), and be built anew overnight (`drift`).
"""

import hashlib
import time
from collections.abc import Callable
from typing import Annotated
from urllib.parse import parse_qs, quote

from fastapi import Cookie, Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Engine

from sandbox.agency import store
from sandbox.agency.faults import Faults
from sandbox.agency.seed import ACCOUNTS, studio_password
from telemetry.ids import Platform

FAULTS = ("challenge", "drift", "studio_slow")
SLOW_SECONDS = 4.0

Show = Callable[..., HTMLResponse]


async def _form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}


Form = Annotated[dict[str, str], Depends(_form)]


def add_studio(
    app: FastAPI, engine: Engine, faults: Faults, render: Show, put_post: Callable[..., store.LivePost]
) -> None:
    """`render` makes a page, `put_post` shows a post to the world."""

    def page(platform: Platform, client_id: str, view: str, **more: object) -> HTMLResponse:
        here = f"/{platform}/studio/{client_id}"
        return render("studio.html", platform, ACCOUNTS[client_id], view=view, here=here, **more)

    def session(platform: Platform, client_id: str) -> str:
        return hashlib.sha256(f"{platform}/{studio_password(client_id)}".encode()).hexdigest()

    @app.get("/{platform}/studio/{client_id}")
    def studio(
        platform: Platform, client_id: str, draft: str = "", studio_session: Annotated[str, Cookie()] = ""
    ) -> HTMLResponse:
        if client_id not in ACCOUNTS:
            raise HTTPException(404, "No such account.")
        if faults.on("api_fails", platform):
            raise HTTPException(500, "Internal error. Please try again later.")
        if faults.on("account_disabled", client_id):
            raise HTTPException(403, "This account is disabled.")
        if faults.on("challenge", platform, client_id):
            return page(platform, client_id, "challenge")
        if studio_session != session(platform, client_id):
            return page(platform, client_id, "login", draft=draft)
        if faults.on("studio_slow", platform):
            time.sleep(SLOW_SECONDS)
        mark = "c-8f2a1-" if faults.on("drift", platform) else "composer-"
        return page(platform, client_id, "composer", draft=draft, mark=mark)

    @app.post("/{platform}/studio/{client_id}/login")
    def log_in(platform: Platform, client_id: str, form: Form, draft: str = "") -> RedirectResponse:
        if (form.get("user"), form.get("password")) != (client_id, studio_password(client_id)):
            raise HTTPException(403, "Wrong password.")
        answer = RedirectResponse(f"/{platform}/studio/{client_id}?draft={quote(draft)}", 303)
        path = f"/{platform}/studio/{client_id}"
        answer.set_cookie("studio_session", session(platform, client_id), path=path, httponly=True)
        return answer

    @app.post("/{platform}/studio/{client_id}/posts")
    def post(
        platform: Platform, client_id: str, form: Form, studio_session: Annotated[str, Cookie()] = ""
    ) -> RedirectResponse:
        """One draft is one post, however often it is sent."""
        if studio_session != session(platform, client_id):
            raise HTTPException(403, "Please log in.")
        shown = put_post(platform, client_id, form["surface"], form["text"], form["image_url"], key=form["draft"])
        return RedirectResponse(f"/{platform}/studio/{client_id}/live/{shown.post_id}", 303)

    @app.get("/{platform}/studio/{client_id}/live/{post_id}")
    def live(platform: Platform, client_id: str, post_id: str, request: Request) -> HTMLResponse:
        with engine.connect() as db:
            shown = store.one_post(db, platform, client_id, post_id)
        if shown is None:
            raise HTTPException(404, "This post is not available.")
        live_url = f"{request.base_url}{platform}/{client_id}/posts/{post_id}"
        return page(platform, client_id, "live", post=shown, live_url=live_url)
