"""The agency's control over HTTP: which incidents there are and which last; causes and mends them.

`checkin demo break`, and buttons on a page of this machine, ask here.
"""

from collections.abc import Mapping

import httpx
from fastapi import FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from sandbox.agency import store
from sandbox.agency.incidents import INCIDENTS
from sandbox.agency.scenes import Scene
from telemetry import logs
from telemetry.metrics import Metrics

# A page from elsewhere must not break things here: a browser asks first, because the body is JSON.
_THIS_MACHINE = r"http://(127\.0\.0\.1|localhost)(:\d+)?"

_log = logs.get(__name__)


class Switch(BaseModel):
    """`target`: whom it hits, a platform, client or provider; by itself the incident's own."""

    on: bool
    target: str | None = Field(None, pattern=r"^[a-z0-9-]{1,63}$|^\*$")


def add_incidents(app: FastAPI, engine: Engine, metrics: Metrics, outside: Mapping[str, httpx.Client]) -> None:
    """`outside`: the ways to what can break, by name."""
    app.add_middleware(CORSMiddleware, allow_origin_regex=_THIS_MACHINE, allow_headers=["content-type"])

    @app.get("/incidents")
    def incidents() -> list[dict[str, str | None]]:
        """[{"name", "title", "target", "since"}]; `since` is null for what does not last now."""
        with engine.connect() as db:
            on = {lasting.name: lasting for lasting in store.incidents_on(db)}
        return [
            {
                "name": each.name,
                "title": each.title(on[each.name].target if each.name in on else None),
                "target": on[each.name].target if each.name in on else each.target,
                "since": on[each.name].since.isoformat() if each.name in on else None,
            }
            for each in INCIDENTS.values()
        ]

    @app.post("/incidents/{name}")
    def switch(name: str, wanted: Switch) -> dict[str, str]:
        """{"name", "state", "says"}. Mending twice does no harm, and causing twice brings up more work."""
        incident = INCIDENTS.get(name)
        if incident is None:
            raise HTTPException(404, f"There is no such incident. There are: {', '.join(INCIDENTS)}")
        with engine.begin() as db:
            lasting = (
                store.begin_incident(db, name, wanted.target or incident.target)
                if wanted.on
                else store.end_incident(db, name)
            )
        if lasting is None:
            return {"name": name, "state": "not on", "says": f"Nothing to mend: {name} was not broken."}
        scene = Scene(engine, metrics, outside, lasting.target, lasting.since)
        (incident.cause if wanted.on else incident.mend)(scene)
        _log.warning("incident.caused" if wanted.on else "incident.mended", incident=name, target=lasting.target)
        said = f"{incident.title(lasting.target)} {incident.look}" if wanted.on else f"Mended. {incident.over}"
        return {"name": name, "target": lasting.target, "state": "on" if wanted.on else "mended", "says": said}
