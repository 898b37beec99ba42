"""A real browser on a real workspace. A script error on the page fails the test that caused it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack, running
from tests.sandbox.slack.hands import CONFIG, PATIENT, bolt_app, bot_client, connected
from tests.sandbox.slack_page.parts import Opener

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = (1280, 800)
# What one waits for comes at once on an idle machine; a busy one takes its time.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium if there is one, else the one Playwright brings."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def still(browser: Browser) -> Iterator[Page]:
    """One workspace, as Ana sees it, for all tests that only draw: drawing changes nothing."""
    with running(CONFIG) as local:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{local.url}/?user=ana")
        page.locator(".sidebar__head").wait_for()
        yield page
        page.close()


@pytest.fixture
def slack(request: pytest.FixtureRequest) -> Iterator[LocalSlack]:
    """`@pytest.mark.parametrize("slack", [CONFIG], indirect=True)` gives a test one with little patience for acks."""
    with running(getattr(request, "param", PATIENT)) as local:
        yield local


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return bot_client(slack)


@pytest.fixture
def app(slack: LocalSlack) -> Iterator[App]:
    """Listening; a test adds its listeners."""
    app = bolt_app(slack)
    with connected(app, slack):
        yield app


@pytest.fixture
def visit(browser: Browser, slack: LocalSlack) -> Iterator[Opener]:
    """`visit("ana", channel="ops")` opens the page and waits until it is drawn."""
    errors: list[str] = []
    opened = []

    def open_page(user: str, size: tuple[int, int] = DESKTOP, **place: str) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(slack.url + "/?" + "&".join(f"{key}={value}" for key, value in {"user": user, **place}.items()))
        page.locator(".sidebar__head").wait_for(state="attached")
        return page

    yield open_page
    for context in opened:
        context.close()
    assert errors == []
