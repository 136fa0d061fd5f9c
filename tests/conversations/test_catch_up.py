"""A page that was away becomes what a fresh one is."""

import re

import pytest

from tests.build import arrives, run_jobs
from tests.cast import Cast
from tests.sockets import signed_in

pytestmark = pytest.mark.django_db


def texts(html: str) -> list[str]:
    """What a person reads, in order, without marks that differ between two moments."""
    shown = re.sub(r"<(script|style|svg).*?</\1>", "", html, flags=re.S)
    shown = re.sub(r'name="(client_key|request_key|csrfmiddlewaretoken)" value="[^"]*"', "", shown)
    return [line for line in (" ".join(part.split()) for part in re.sub(r"<[^>]+>", "\n", shown).splitlines()) if line]


def region(html: str, marker: str) -> list[str]:
    """The texts of the region whose start tag (or partial's target) carries `marker`."""
    start = html.index(marker)
    tag = re.search(r"<([a-z-]+)[^<]*$", html[:start])
    assert tag is not None
    name, depth = tag.group(1), 0
    for found in re.finditer(rf"<(/?){name}\b", html[tag.start() :]):
        depth += -1 if found.group(1) else 1
        if depth == 0:
            return texts(html[tag.start() : tag.start() + found.start()])
    raise AssertionError(f"{marker} never ends")


def test_a_page_that_was_away_becomes_what_a_fresh_one_is(cast: Cast) -> None:
    ana = signed_in(cast.ana)
    first = arrives(cast.orders, "Where is my parcel?")
    page = ana.get(f"/conversations/{first.conversation.pk}/").content.decode()
    number = re.search(r'id="seq" hidden>(\d+)<', page)
    assert number is not None
    arrives(cast.orders, "Do you repair boots?", email="other@customer.example")
    arrives(cast.orders, "It has arrived!", conversation=first.conversation.pk)
    run_jobs()
    missed = ana.get(f"/queue/sync/?after={number.group(1)}&open={first.conversation.pk}", headers={"HX-Request": "true"})
    fresh = ana.get(f"/conversations/{first.conversation.pk}/").content.decode()
    caught_up = missed.content.decode()
    for in_sync, in_page in (
        ('hx-target="#conv-list"', 'id="conv-list"'),
        (f'hx-target="#timeline-{first.conversation.pk}"', f'id="timeline-{first.conversation.pk}"'),
        (f'hx-target="#thread-head-{first.conversation.pk}"', f'id="thread-head-{first.conversation.pk}"'),
        (f'hx-target="#thread-sub-{first.conversation.pk}"', f'id="thread-sub-{first.conversation.pk}"'),
    ):
        assert region(caught_up, in_sync) == region(fresh, in_page), in_page
    for count in re.findall(r'hx-target="#(count-[a-z0-9-]+)"', caught_up):
        assert region(caught_up, f'hx-target="#{count}"') == region(fresh, f'id="{count}"'), count


def test_a_page_that_missed_nothing_is_told_only_the_number(cast: Cast) -> None:
    ana = signed_in(cast.ana)
    page = ana.get("/queue/").content.decode()
    number = re.search(r'id="seq" hidden>(\d+)<', page)
    assert number is not None
    arrives(cast.app, "Not yours", email="dan@customer.example")
    answer = ana.get(f"/queue/sync/?after={number.group(1)}", headers={"HX-Request": "true"}).content.decode()
    assert re.fullmatch(r'<hx-partial hx-target="#seq" hx-swap="textContent">\d+</hx-partial>', answer)
