"""What each view of the queue shows, how it is counted, narrowed and ordered, and what its rows say."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations import counting, listing
from conversations.filters import VIEWS, Filters
from conversations.models import ComposerText, Conversation, ConversationTag, Mention, Message, Tag
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_queue_search import page_of, shown
from tests.house.world import owner_sql
from tests.sockets import signed_in

NOW = timezone.now()


def matter(cast: Cast, subject: str = "A matter", **facts: Any) -> Conversation:
    """An open conversation of the orders inbox, changed past the rules of its steps."""
    made, _ = conversation(cast.orders, cast.cara, subject)
    state = facts.pop("state", None)
    if state:
        owner_sql("ALTER TABLE conversations_conversation DISABLE TRIGGER log_step")
        owner_sql("UPDATE conversations_conversation SET state = %s WHERE id = %s", state, made.pk)
        owner_sql("ALTER TABLE conversations_conversation ENABLE TRIGGER log_step")
    if facts:
        Conversation.objects.using("owner").filter(pk=made.pk).update(**facts)
    return made


def named(cast: Cast, user: Any, matter: Conversation, *, seen: bool = False) -> Mention:
    """`user` is named in a note of Sam's."""
    note = Message.objects.using("owner").create(
        conversation_id=matter.pk, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="note", author="agent",
        sender_id=cast.sam.pk, text="Can you look?",
    )  # fmt: skip
    return Mention.objects.using("owner").create(
        message_id=note.pk, conversation_id=matter.pk, inbox_id=matter.inbox_id, user_id=user.pk, by_id=cast.sam.pk,
        seen_at=NOW if seen else None,
    )  # fmt: skip


def count(page: str, target: str) -> str:
    found = re.search(rf'id="{target}">([^<]*)<', page)
    assert found is not None, target
    return found.group(1)


def test_every_view_shows_its_own_and_counts_exactly_that(ana: Client, cast: Cast) -> None:
    mine = matter(cast, assignee=cast.ana)
    review = matter(cast, draft_state="review", assignee=cast.sam)
    held = matter(cast, draft_state="held", assignee=cast.ana)
    free = matter(cast)
    asleep = matter(cast, state="snoozed", snoozed_until=NOW + timedelta(hours=3), assignee=cast.ana)
    waiting, done = matter(cast, state="waiting", assignee=cast.ana), matter(cast, state="resolved", assignee=cast.ana)
    named(cast, cast.ana, done)
    conversation(cast.app, cast.dan)
    expected = {
        "mine": {mine.pk, held.pk},
        "review": {review.pk, held.pk},
        "unassigned": {free.pk},
        "open": {mine.pk, review.pk, held.pk, free.pk},
        "snoozed": {asleep.pk},
        "mentions": {done.pk},
        "waiting": {waiting.pk},
        "resolved": {done.pk},
    }
    assert set(expected) == {view.key for view in VIEWS}
    for key, rows in expected.items():
        page = page_of(ana, view=key)
        assert set(shown(page)) == rows, key
        assert count(page, "list-count") == str(len(rows)), key
        if key != "resolved":
            assert count(page, f"count-{key}") == str(len(rows)), key
    assert 'id="count-resolved"' not in page_of(ana)
    page = page_of(ana)
    assert (count(page, f"count-inbox-{cast.orders.pk}"), count(page, f"count-team-{cast.orders_team.pk}")) == ("4", "4")


def test_what_was_merged_is_in_no_list_and_no_number(ana: Client, cast: Cast) -> None:
    kept = matter(cast, assignee=cast.ana, draft_state="review")
    gone = matter(cast, assignee=cast.ana, draft_state="review", merged_into=kept)
    named(cast, cast.ana, gone)
    for view in ("mine", "review", "open", "mentions"):
        assert gone.pk not in shown(page_of(ana, view=view)), view
    with cast.acting(cast.ana):
        numbers = counting.counts(cast.ana).views
    assert (numbers["mine"], numbers["review"], numbers["open"], numbers["mentions"]) == (1, 1, 1, 0)


def test_a_team_has_what_was_given_to_it_and_what_comes_into_its_inboxes(ana: Client, cast: Cast) -> None:
    owner_sql("INSERT INTO conversations_inboxteam (inbox_id, team_id) VALUES (%s, %s)", cast.orders.pk, cast.app_team.pk)
    ana = signed_in(cast.fresh(cast.ana))
    given, free = matter(cast, team_id=cast.app_team.pk), matter(cast)
    page = page_of(ana, team=str(cast.app_team.pk))
    assert set(shown(page)) == {given.pk, free.pk}
    assert count(page, f"count-team-{cast.app_team.pk}") == "2"
    assert count(page, f"count-team-{cast.orders_team.pk}") == "1"


def test_filters_narrow_and_each_can_be_taken_away(ana: Client, cast: Cast) -> None:
    tag = Tag.objects.using("owner").create(name="guarantee", hue=3)
    right = matter(cast, priority=2, language="de", draft_state="held", assignee=cast.sam)
    ConversationTag.objects.using("owner").create(conversation_id=right.pk, inbox_id=cast.orders.pk, tag_id=tag.pk)
    matter(cast, assignee=cast.ana)
    every = {
        "inbox": cast.orders.pk, "team": cast.orders_team.pk, "assignee": cast.sam.pk, "tag": tag.pk, "channel": "web",
        "priority": 2, "language": "de", "lane": "held",
    }  # fmt: skip
    for name, value in every.items():
        page = page_of(ana, view="open", **{name: str(value)})
        assert right.pk in shown(page), name
        assert "Remove the filter" in page, name
    page = page_of(ana, view="open", **{name: str(value) for name, value in every.items()})
    assert shown(page) == [right.pk]
    assert count(page, "list-count") == "1"
    for name in every:
        remaining = {key: str(value) for key, value in every.items() if key != name}
        with cast.acting(cast.ana):
            wanted = Filters.of({"view": "open"} | remaining)
            assert Filters.of({"view": "open"} | {k: str(v) for k, v in every.items()}).without(name) == wanted
        assert f'href="{wanted.address()}"'.replace("&", "&amp;") in page, name


def test_an_address_says_only_what_does_not_go_without_saying() -> None:
    assert (
        Filters.of({"view": "mine", "sort": "due", "channel": "fax", "tag": "x", "priority": "0"}).query()
        == "view=mine&priority=0"
    )
    assert Filters.of({"view": "nonsense"}).view.key == "open"
    assert Filters.of({"q": "tent"}).view.key == "any"
    assert Filters.of({"view": "any"}).view.key == "open"
    assert Filters.of({"tag": "9" * 30, "inbox": "-1", "assignee": "'; DROP"}).query() == "view=open"
    asked = {"view": "mine", "inbox": "3", "q": "a b&c", "language": "pt-br", "sort": "newest", "assignee": "me"}
    assert Filters.of_query(Filters.of(asked).query()) == Filters.of(asked)


def test_what_makes_no_sense_is_said_and_what_is_gone_matches_nothing(ana: Client, cast: Cast) -> None:
    kept = matter(cast)
    page = page_of(ana, view="open", channel="fax")
    assert "Channel “fax” is not known" in page and shown(page) == [kept.pk]
    page = page_of(ana, view="open", tag="77")
    assert "Tag: no longer there" in page and shown(page) == []
    assert "What this list asks for is not there" in page and "The filters are kept." in page
    foreign = page_of(ana, inbox=str(cast.app.pk))
    assert "Inbox: no longer there" in foreign and 'id="list-h" class="truncate">App<' not in foreign


@pytest.mark.parametrize(
    ("view", "says"),
    [
        ("mine", "Nothing waits for you"), ("review", "No draft waits for a person"), ("unassigned", "Everything open is with somebody"),
        ("open", "Nothing is open"), ("snoozed", "Nothing is put aside"), ("mentions", "Nobody has named you yet"),
        ("waiting", "No customer owes an answer"), ("resolved", "Nothing has been resolved yet"),
    ],
)  # fmt: skip
def test_an_empty_view_says_what_to_do_next(ana: Client, cast: Cast, view: str, says: str) -> None:
    page = page_of(ana, view=view)
    assert says in page and 'id="list-empty"' in page
    assert re.search(r'id="list-empty".*?class="btn" href="/queue/', page, re.S)


def test_filters_without_a_match_offer_the_way_back(ana: Client, cast: Cast) -> None:
    matter(cast)
    page = page_of(ana, view="open", priority="2")
    assert "Nothing matches these filters" in page and 'href="/queue/?view=open"' in page


def test_open_work_comes_by_time_left_and_the_rest_by_its_newest_message(ana: Client, cast: Cast) -> None:
    never, late, soon = (matter(cast, due_at=moment) for moment in (None, NOW + timedelta(hours=2), NOW + timedelta(minutes=2)))
    assert shown(page_of(ana, view="open")) == [soon.pk, late.pk, never.pk]
    old, new = (matter(cast, state="resolved", last_message_at=NOW - timedelta(days=days)) for days in (9, 1))
    assert shown(page_of(ana, view="resolved")) == [new.pk, old.pk]


def test_another_order_is_asked_for_in_the_address(ana: Client, cast: Cast) -> None:
    first = matter(
        cast,
        last_message_at=NOW - timedelta(hours=5),
        last_inbound_at=NOW - timedelta(hours=5),
        due_at=NOW + timedelta(hours=9),
    )
    second = matter(cast, last_message_at=NOW, last_inbound_at=NOW, due_at=NOW)
    answered = matter(cast, last_message_at=NOW - timedelta(hours=1), last_inbound_at=NOW - timedelta(hours=7))
    assert shown(page_of(ana, view="open", sort="newest")) == [second.pk, answered.pk, first.pk]
    assert shown(page_of(ana, view="open", sort="waiting")) == [first.pk, second.pk, answered.pk]
    assert "Oldest waiting" in page_of(ana, view="open", sort="waiting")


def test_what_was_put_aside_comes_by_when_it_returns(ana: Client, cast: Cast) -> None:
    later, sooner = (matter(cast, state="snoozed", snoozed_until=NOW + timedelta(days=days)) for days in (5, 1))
    page = page_of(ana, view="snoozed")
    assert shown(page) == [sooner.pk, later.pk]
    assert "Until" in page and "data-moment" in page


def test_mentions_not_looked_at_come_first(ana: Client, cast: Cast) -> None:
    seen = matter(cast, last_message_at=NOW)
    fresh = matter(cast, last_message_at=NOW - timedelta(days=1))
    named(cast, cast.ana, seen, seen=True)
    named(cast, cast.ana, fresh)
    named(cast, cast.sam, matter(cast))
    page = page_of(ana, view="mentions")
    assert shown(page) == [fresh.pk, seen.pk]
    assert count(page, "count-mentions") == "1"


@pytest.mark.parametrize(
    ("view", "sort"), [("open", "due"), ("open", "newest"), ("open", "waiting"), ("mentions", ""), ("resolved", "")]
)
def test_pages_follow_each_other_in_every_order(cast: Cast, view: str, sort: str) -> None:
    with acting_as(SYSTEM):
        same = NOW - timedelta(hours=1)
        many = [
            Conversation(
                inbox=cast.orders, customer=cast.cara, channel="web", due_at=[same, None, NOW + timedelta(minutes=n)][n % 3],
                last_message_at=[same, NOW - timedelta(minutes=n)][n % 2], last_inbound_at=[same, NOW - timedelta(minutes=n)][n % 2],
            )
            for n in range(120)
        ]  # fmt: skip
        made = Conversation.objects.bulk_create(many)
    if view == "mentions":
        for n, one in enumerate(made):
            named(cast, cast.ana, one, seen=n % 4 == 0)
    if view == "resolved":
        with acting_as(SYSTEM):
            for one in made:
                Conversation.objects.claim(one.pk, from_state="open", to_state="resolved")
    seen: list[int] = []
    with cast.acting(cast.ana):
        after, filters = "", Filters.of({"view": view, "sort": sort})
        for _ in range(4):
            page = listing.page(cast.ana, filters, after)
            seen += [one.pk for one in page.conversations]
            after = page.next
            if not after:
                break
    assert len(seen) == len(set(seen)) == 120


def test_a_row_says_how_it_stands(ana: Client, cast: Cast) -> None:
    one = matter(cast, priority=2, due_at=timezone.now() - timedelta(minutes=6), draft_state="held")
    for name in ("alpha", "beta", "gamma", "delta"):
        tag = Tag.objects.using("owner").create(name=name, hue=1)
        ConversationTag.objects.using("owner").create(conversation_id=one.pk, inbox_id=cast.orders.pk, tag_id=tag.pk)
    page = page_of(ana)
    for said in ("Urgent", "6 m over", "Held by rule", ">alpha<", ">beta<", ">+2<", 'title="delta, gamma"'):
        assert said in page, said
    assert ">gamma<" not in page


def test_a_text_not_sent_is_marked_for_its_writer_alone(ana: Client, cast: Cast) -> None:
    one = matter(cast)
    with cast.acting(cast.ana):
        ComposerText.objects.create(user=cast.ana, conversation=one, inbox=cast.orders, mode="reply", text="Half a sen")
    assert "Your draft" in page_of(ana)
    assert "Your draft" not in page_of(signed_in(cast.sam))


def test_a_row_carries_the_reason_why_it_may_leave_the_view(ana: Client, cast: Cast) -> None:
    one = matter(cast, assignee=cast.ana)
    page = page_of(ana, view="mine")
    listed = re.search(r'<ul class="convs"[^>]*>', page)
    assert listed and f'data-state="open" data-assignee="{cast.ana.pk}"' in listed.group(0)
    answer = ana.post(
        f"/conversations/{one.pk}/assignment/", {"to": cast.sam.pk}, headers={"HX-Request": "true"}
    ).content.decode()
    row = re.search(rf'<li class="conv[^>]*id="conv-{one.pk}"[^>]*>', answer)
    assert row and f'data-assignee="{cast.sam.pk}"' in row.group(0) and "Now with Sam" in row.group(0)


def test_the_list_comes_with_its_numbers_when_it_is_asked_for_again(ana: Client, cast: Cast) -> None:
    matter(cast, assignee=cast.ana)
    piece = ana.get("/queue/?view=mine", headers={"HX-Request": "true", "HX-Request-Type": "partial"}).content.decode()
    for target, text in (("#list-count", "1"), ("#count-mine", "1"), ("#list-said", "1 conversation")):
        assert f'hx-target="{target}" hx-swap="textContent">{text}<' in piece, target


def test_an_opened_conversation_stays_beside_the_list_it_was_found_in(ana: Client, cast: Cast) -> None:
    one, other = matter(cast, assignee=cast.ana, priority=2), matter(cast)
    address = f"/conversations/{one.pk}/?view=mine&priority=2"
    assert f'href="{address}"'.replace("&", "&amp;") in page_of(ana, view="mine", priority="2")
    page = ana.get(address).content.decode()
    assert shown(page) == [one.pk] and 'id="list-h" class="truncate">Mine<' in page
    assert f'href="/conversations/{other.pk}/"' in page_of(ana)


def test_the_form_of_filters_is_a_page_and_a_piece_of_one(ana: Client, cast: Cast) -> None:
    Tag.objects.using("owner").create(name="guarantee", hue=3)
    whole = ana.get("/queue/filters/?view=mine&channel=web").content.decode()
    piece = ana.get(
        "/queue/filters/?view=mine&channel=web", headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    ).content.decode()
    for text in (whole, piece):
        assert '<option value="web" selected>' in text and '<option value="mine" selected>' in text and "guarantee" in text
    assert "<html" in whole and "<html" not in piece
    assert "App" not in whole.split('id="filter-inbox"')[1].split("</select>")[0]
