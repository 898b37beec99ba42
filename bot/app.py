"""The one place that wires: settings in, a running application out."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import structlog
import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler
from slack_bolt import App
from sqlalchemy import Engine

from alerts import flow as alerts
from alerts.acknowledge import ACKNOWLEDGE
from alerts.cards import Routing
from alerts.model import AlertGroup
from alerts.open_runbook import OPEN_RUNBOOK
from bot import gauges, record
from bot.commands import Commands
from bot.composer import Composer
from bot.connection import bolt_app, socket
from bot.home import Home
from bot.http import build_http, listen
from bot.ingest import build_ingest, forget
from bot.kill import Kill
from bot.listeners import Listeners
from bot.people import People
from bot.settings import DigestSettings, Settings
from bot.workers import Workers, submit
from charts import Renderer
from digests import effort
from digests.confirm import CONFIRM
from digests.flow import Digests
from digests.model import Pod
from messages import outbox
from messages.blocks import mention
from messages.slack import Slack
from metrics.reader import Reader
from operations import OPERATIONS, batches, escalations, reconcile, stops, unfinished
from operations import platform as commands
from operations.batch import batches as pod_batches
from operations.model import Operation, Role
from operations.platform import Platform
from storage.engine import connect
from telemetry import catalog, traces
from telemetry.asgi import Observed
from telemetry.metrics import Metrics

BUTTONS: dict[str, Operation] = {
    operation.action_id: operation for operation in (*OPERATIONS, ACKNOWLEDGE, OPEN_RUNBOOK, CONFIRM)
}

# Two, so that an upload that hangs does not hold up a page.
_OUTBOXES = ("outbox-1", "outbox-2")

log = structlog.get_logger(__name__)


@dataclass
class Application:
    """Everything that runs, and how to end it."""

    engine: Engine
    slack: Slack
    digests: Digests
    renderer: Renderer
    pool: ThreadPoolExecutor
    workers: Workers

    def pod(self, name: str | None) -> Pod | None:
        """The pod of that name, the owner's among them; without one the first."""
        return next((pod for pod in self.digests.everybody if name in (None, pod.name)), None)

    def close(self) -> None:
        self.workers.stop()
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.renderer.close()
        self.engine.dispose()


def build(settings: DigestSettings) -> Application:
    """What both the running bot and a command by hand need; nothing is started yet but the drawing process."""
    engine = connect(settings.database_url.get_secret_value(), name="checkin", pool_size=10)
    slack = Slack(settings.slack.bot_token.get_secret_value(), base_url=settings.slack.base_url)
    reader = Reader(settings.prometheus.url, headers=settings.prometheus.headers, params=settings.prometheus.params)
    renderer = Renderer()
    pool = ThreadPoolExecutor(max_workers=12, thread_name_prefix="work")
    pods = tuple(pod.pod() for pod in settings.pods)
    checkins = Digests(engine, reader, renderer, pods, pool, settings.owner.pod() if settings.owner else None)
    return Application(engine, slack, checkins, renderer, pool, Workers())


def run(app: Application, settings: Settings, stopping: threading.Event) -> None:
    """Runs until `stopping` is set; SettingsError when its HTTP address cannot be had. The caller closes `app`."""
    engine, slack = app.engine, app.slack
    address = listen(settings.http.host, settings.http.port)
    slack.metrics = metrics = _telemetry(settings)
    routing = _routing(settings)
    zone = app.digests.pods[0].time_zone
    undo = timedelta(seconds=settings.platform.undo_seconds)
    pods = [pod.name for pod in app.digests.pods]
    home = Home(engine, slack, app.pool, pods, routing.mentions.get("P1", "nobody is named"))
    platform = Platform(settings.platform.commands_url, settings.platform.secret.get_secret_value())

    leads = " ".join(mention(who) for who in settings.people.leads)

    def wake_outbox() -> None:
        for name in _OUTBOXES:
            app.workers.wake(name)

    def receive(group: AlertGroup) -> None:
        incident = alerts.receive(engine, group, routing)
        if incident:
            submit(app.pool, alerts.draw, engine, app.digests.reader, app.renderer, incident, zone)
            wake_outbox()

    # Each by itself: a card that cannot be brought up to date must not keep a stop from being shown.
    cards: Mapping[str, Callable[[], None]] = {
        "stop-cards": lambda: stops.refresh(engine, app.digests.pods[0].channel),
        "alert-cards": lambda: alerts.refresh(engine, routing),
        "escalation-cards": lambda: escalations.refresh(engine, app.digests.channel_of, leads),
    }

    def refresh(name: str) -> bool:
        cards[name]()
        wake_outbox()
        return False

    composer = Composer(settings, wake_outbox)

    def changed() -> None:
        composer.wake()
        for name in (*cards, "commands", "batches", "homes"):
            app.workers.wake(name)

    posted = partial(alerts.delivered, engine, metrics)
    send = partial(outbox.deliver, engine, slack, fallback=settings.slack.fallback_channel, posted=posted)
    for name in _OUTBOXES:
        app.workers.loop(name, send, every=0.5)
    app.workers.loop("outbox-sweep", lambda: outbox.sweep(engine, slack), every=5.0)
    app.workers.loop("commands", lambda: commands.deliver(engine, platform), every=0.5)
    app.workers.loop("batches", lambda: batches.work(engine, undo), every=1.0)
    app.workers.loop("composer", composer.listen, every=2.0)
    app.workers.loop("homes", home.refresh, every=5.0)
    app.workers.loop("unfinished", lambda: unfinished.surface(engine), every=5.0)
    app.workers.loop("changed", lambda: unfinished.surface_changed(engine), every=5.0)
    for name in cards:
        app.workers.loop(name, partial(refresh, name), every=2.0)

    if signer := settings.audits.signer():
        app.workers.loop("record", record.Sealer(engine, signer).seal, every=record.SEAL_EVERY)
    else:
        log.warning("record_not_sealed", hint="set CHECKIN_AUDITS_KEY; checkin audits new-key prints one")

    scheduler = BackgroundScheduler(timezone="UTC")
    told = [engine, app.digests.pods, metrics]
    scheduler.add_job(effort.refresh, "interval", args=told, seconds=15, max_instances=1, coalesce=True)
    scheduler.add_job(forget, "interval", args=[engine], hours=6)
    if signer:
        scheduler.add_job(record.watch, "interval", args=[engine, metrics], seconds=15, max_instances=1, coalesce=True)
    scheduler.add_job(record.prepare, "interval", args=[engine], hours=6)
    if settings.audits.channel:
        scheduler.add_job(record.tell_daily, "interval", args=[engine, settings.audits.channel], minutes=10)
    scheduler.add_job(reconcile.compare, "interval", args=[engine], hours=1, max_instances=1, coalesce=True)
    scheduler.add_job(gauges.refresh, "interval", args=[engine, metrics], seconds=15, max_instances=1, coalesce=True)
    bolt = _bolt(app, settings, home, changed, zone, metrics)
    line = socket(bolt, settings.slack.app_token.get_secret_value())
    http = build_http(settings.alerts.token.get_secret_value(), receive, line.client.is_connected, metrics)
    http.mount("/v1", build_ingest(engine, settings.sources(), metrics))
    server = uvicorn.Server(uvicorn.Config(Observed(http), log_config=None, access_log=False))
    serving = threading.Thread(target=server.run, args=[[address]], name="http", daemon=True)

    serving.start()
    line.connect()  # type: ignore[no-untyped-call]
    scheduler.start()
    gauges.refresh(engine, metrics)
    log.info("bot_started", slack=urlsplit(settings.slack.base_url).hostname, pods=len(settings.pods), status="ok")
    stopping.wait()

    scheduler.shutdown(wait=True)
    line.close()  # type: ignore[no-untyped-call]
    server.should_exit = True
    serving.join(5)
    composer.close()
    app.workers.stop()
    platform.close()
    log.info("bot_stopped", status="ok")


def _telemetry(settings: Settings) -> Metrics:
    told = settings.telemetry
    metrics = Metrics("checkin", otlp_url=told.otlp_url)
    traces.configure("checkin", otlp_url=told.otlp_url, ratio=told.trace_ratio, metrics=metrics)
    sources = ["alertmanager", *(source.name for source in settings.ingest)]
    metrics.zero(catalog.CHECKIN_WEBHOOKS_TOTAL, source=sources)
    metrics.zero(catalog.CHECKIN_SLACK_REQUESTS_TOTAL, method=["chat.postMessage", "chat.update"])
    return metrics


def _bolt(
    app: Application, settings: Settings, home: Home, changed: Callable[[], None], zone: str, metrics: Metrics
) -> App:
    people = People(
        app.slack,
        {
            Role.VIEWER: settings.people.viewers,
            Role.OPERATOR: settings.people.operators,
            Role.LEAD: settings.people.leads,
        },
    )
    many = {each.action_id: each for each in pod_batches({pod.name: pod.client_ids for pod in app.digests.pods})}
    undo = timedelta(seconds=settings.platform.undo_seconds)
    return bolt_app(
        app.slack,
        Listeners(
            app.engine, app.slack, people, BUTTONS | many, app.pool, changed, home.publish, home.choose, undo, metrics
        ),
        Commands(app.engine, app.slack, people, app.digests.reader, app.renderer, app.pool, zone),
        Kill(app.engine, app.slack, people, app.pool),
        home,
    )


def _routing(settings: Settings) -> Routing:
    return Routing(settings.alerts.channels, {tier: mention(who) for tier, who in settings.alerts.mention.items()})
