from html import unescape

from clients import work_items
from clients.model import ItemKind
from sandbox.agency import store
from sandbox.agency.platforms import COMPLAINTS
from sandbox.agency.work import ask, new_job
from storage import clock
from tests.sandbox.agency.in_process import Agency

SAID = {text for _, text in COMPLAINTS}


def _complaints_under(agency: Agency, post: store.LivePost) -> set[str]:
    page = unescape(agency.platforms.get(f"/{post.platform}/{post.client_id}/posts/{post.post_id}").text)
    return {text for text in SAID if text in page}


def test_a_complaint_is_a_persons_and_no_two_that_wait_say_the_same(agency: Agency) -> None:
    items = [item for item in agency.day.calendar if item.platform == "instagram"][:35]
    with agency.engine.begin() as db:
        now = clock.now(db)
        told = work_items.items_of(db, [ItemKind.ESCALATION], closed_since=now)
        posts = [
            store.LivePost("instagram", f"p-{n:012x}", item.client_id, "feed", "Hello", "", now, f"k{n}")
            for n, item in enumerate(items, 75)  # among these, one complaint is made twice
        ]
        store.put_posts(db, posts)
    heard = {post.post_id: words for post in posts if (words := _complaints_under(agency, post))}
    with agency.engine.begin() as db:
        for item, post in zip(items, posts, strict=True):
            args = {"calendar_item_id": item.calendar_item_id, "post_id": post.post_id}
            if post.post_id in heard:
                ask(db, agency.shop.metrics, new_job("engage", post.post_id, args, blueprint=str(item.blueprint_id)))
    agency.work(("engage",))
    with agency.engine.begin() as db:
        waiting = work_items.items_of(db, [ItemKind.ESCALATION], closed_since=clock.now(db))
    new = [item.body["excerpt"] for item in waiting if item.item_id not in {one.item_id for one in told}]
    assert len(heard) > len(new) > 2
    assert len(set(new)) == len(new)
    assert set(new) <= SAID
