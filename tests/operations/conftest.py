from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from clients import store as clients
from clients import work_items
from clients.model import WorkItem
from tests.factories import client, work_item


@pytest.fixture
def opened(engine: Engine) -> Callable[..., WorkItem]:
    """Opens a work item at the platform's request."""

    def open_item(item_id: str = "item-1", **changes: Any) -> WorkItem:
        item = work_item(item_id, **changes)
        with engine.begin() as db:
            clients.report_clients(db, [client()])
            work_items.open_items(db, [item])
        return item

    return open_item
