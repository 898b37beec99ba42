"""`checkin demo`: the whole world on this machine; `break` and `mend` its incidents, `--smoke` works a check-in."""

import fcntl
import json
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import IO, Annotated, NoReturn

import httpx
import typer

from storage.process import Child, NotInstalled, ServerDidNotStart

demo = typer.Typer(help="A world in a box: local Slack, reference agency, real servers.", invoke_without_command=True)

Folder = Annotated[Path, typer.Option(help="Where the world keeps its files.")]
_FOLDER = Path(".demo")
_CLIENTS = 24
_LARGE = 100
"""More megabytes than this are told of."""


@demo.callback()
def start(
    context: typer.Context,
    smoke: Annotated[bool, typer.Option("--smoke", help="Work one check-in as a user would, then end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --smoke: print one JSON object.")] = False,
    clients: Annotated[int, typer.Option(min=_CLIENTS, help="More of them have three open items each.")] = _CLIENTS,
    folder: Folder = _FOLDER,
) -> None:
    """Start the world and keep it running until Ctrl-C."""
    if context.invoked_subcommand:
        context.obj = folder
        return
    if as_json and not smoke:
        raise typer.BadParameter("goes with --smoke only", param_hint="--json")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leaves through `finally`, as Ctrl-C does
    began = time.monotonic()

    def say(step: str) -> None:
        typer.echo(f"  {time.monotonic() - began:5.1f} s  {step}", err=True)

    from sandbox.smoke import work_a_checkin
    from sandbox.world import browser_note, start_world

    held = _hold(folder)
    say("Starting the world in a box")
    try:
        world = start_world(folder, say, clients=clients)
    except (ServerDidNotStart, NotInstalled) as problem:
        typer.echo(f"\n{problem}", err=True)
        raise typer.Exit(1) from None
    ready = round(time.monotonic() - began, 1)
    if smoke:
        report = work_a_checkin(world, ready, say)
        typer.echo(json.dumps(report) if as_json else json.dumps(report, indent=2))
        raise typer.Exit(0 if report["ok"] else 1)
    try:
        typer.echo(_welcome(world.slack_url, ready, _typed(folder), browser_note()), err=True)
        _watch(world.children)
    except KeyboardInterrupt:
        typer.echo("\n  Stopping Slack, the agency, the bot, Prometheus, Alertmanager and Postgres …", err=True)
    finally:
        world.close()
        held.close()
        _tell_size(folder)


def _hold(folder: Path) -> IO[str]:
    """Keeps a second world out of the folder for as long as this process lives, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        typer.echo(f"A world is running in {folder} already. End it first, or choose another --folder.", err=True)
        raise typer.Exit(1) from None
    return lock


def _typed(folder: Path) -> str:
    """`checkin demo` as it works from here, `.venv/bin/checkin demo` say, in a shell that knows of no environment."""
    program = Path(sys.executable).with_name("checkin")
    near = program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program
    words = [str(near)] if program.exists() else [sys.executable, "-m", "bot.cli"]
    return shlex.join([*words, "demo", *(["--folder", str(folder)] if folder != _FOLDER else [])])


def _tell_size(folder: Path) -> None:
    megabytes = sum(file.lstat().st_size for file in folder.rglob("*")) // 2**20
    if megabytes > _LARGE:
        removes = "make clean" if folder == _FOLDER else shlex.join(["rm", "-r", str(folder)])
        typer.echo(f"  {folder} keeps {megabytes} MB; {removes} removes it.", err=True)


def _welcome(url: str, ready: float, demo: str, note: str) -> str:
    return f"""
  Ready after {ready} s. Open the local Slack:

      {url}/?user=ana&channel=ops-checkin

  You are Ana, an operator. The morning check-in is in #ops-checkin; its details and buttons are in the thread.
  Try /client-health acme and /cost today. In another terminal, let Instagram fail and be mended:

      {demo} break platform-api-fails
      {demo} mend platform-api-fails

  Without a name it lists what else can go wrong; the bolt in the page's corner breaks and mends the same.
  Ctrl-C ends everything.{f" {note}" if note else ""}
"""


def _watch(children: list[Child]) -> None:
    """Returns never, unless a process of the world ends by itself; then it says which."""
    while True:
        for child in children:
            if child.name != "history" and not child.alive():
                typer.echo(f"\n  {child.name} has ended. Its last lines:\n" + "\n".join(child.tail(8)), err=True)
                raise typer.Exit(1)
        time.sleep(0.5)


Name = Annotated[str, typer.Argument(help="The incident; without one, all are listed.")]


@demo.command("break")
def break_(context: typer.Context, name: Name = "") -> None:
    """Cause an incident where it would really arise."""
    _turn(context.obj, name, on=True)


@demo.command()
def mend(context: typer.Context, name: Name = "") -> None:
    """End an incident."""
    _turn(context.obj, name, on=False)


def _turn(folder: Path, name: str, *, on: bool) -> None:
    from sandbox.world import offer_incidents

    try:
        places = json.loads((folder / "demo.json").read_text())
        with httpx.Client(base_url=places["web"], timeout=10, trust_env=False) as web:
            known = web.get("/incidents").json()
            if name not in [each["name"] for each in known]:
                _list(name, known)
            said = web.post(f"/incidents/{name}", json={"on": on}).raise_for_status().json()["says"]
        offer_incidents(places["slack"], places["web"])
    except (OSError, httpx.HTTPError):
        typer.echo(f"No world is running in {folder}. Start one with: {_typed(folder)}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{said} Mend: {_typed(folder)} mend {name}" if on else said)


def _list(name: str, known: list[dict[str, str]]) -> NoReturn:
    """What can be broken, one per line; what is broken now says so."""
    if name:
        typer.echo(f"There is no incident {name}. There are:", err=True)
    for each in known:
        typer.echo(f"  {each['name']:<20} {each['title']}{' (broken now)' * bool(each['since'])}", err=bool(name))
    raise typer.Exit(1 if name else 0)
