"""The way to asset storage for those who make files: content in, its address out."""

from dataclasses import dataclass

import httpx

from sandbox.agency import labels, service
from telemetry import catalog, logs
from telemetry.metrics import Metrics

_log = logs.get(__name__)


@dataclass(frozen=True)
class Filed:
    """`new` is False when the same content was there already."""

    name: str
    url: str
    new: bool


def file(storage: httpx.Client, metrics: Metrics, content: bytes, media_type: str = "image/png") -> Filed | None:
    """Where the content is kept; None, counted and told, when storage does not take it."""
    try:
        answer = storage.post("/files", content=content, headers={"content-type": media_type} | service.outgoing())
        answer.raise_for_status()
    except httpx.HTTPError as problem:
        metrics.add(catalog.ASSET_UPLOAD_FAILURES_TOTAL, storage_provider=labels.FILES)
        _log.warning("upload.failed", status="error", error_code="upload", error_message=str(problem))
        return None
    told = answer.json()
    return Filed(told["name"], told["url"], answer.status_code == 201)
