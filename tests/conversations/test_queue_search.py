"""Searching the queue: what is found, by whom, where it is shown, and that row security neither slows it down nor is left behind."""

import re
import time

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations import counting, listing, searching
from conversations.filters import Filters
from conversations.models import Conversation, Delivery, Identity, Message
from core.context import Actor, acting_as, signed_identity
from tests.cast import SYSTEM, Cast, conversation, customer, inbound
from tests.house.world import owner_sql
from tests.sockets import signed_in

FOUND = "SELECT conversation_id FROM sec.search(ARRAY[%s], '', '{}', NULL, '{open,waiting,snoozed,resolved}', NULL, NULL, 100)"


def page_of(client: Client, **asked: str) -> str:
    return client.get("/queue/", asked).content.decode()


def shown(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<li class="conv[^"]*" id="conv-(\d+)"', page)]


@pytest.fixture
def told(cast: Cast) -> Conversation:
    """A conversation whose words stand in a message, not in its subject."""
    made, _ = conversation(cast.orders, cast.cara, "A question")
    inbound(made, "The flysheet of my Skarn 2 tore at Größe XL, order TV-204871. J'ai déjà écrit à l'été. Гарантія?")
    with acting_as(SYSTEM):
        Identity.objects.create(customer_id=cast.cara.pk, kind="phone", address="+46701234567", display="070-123 45 67")
    return made


@pytest.mark.parametrize(
    "words",
    [
        "flysheet", "FLYSHEET", "ysheet", "skarn 2", "grosse", "GRÖSSE", "deja ete", "DÉJÀ", "гарантія", "TV-204871", "204871",
        "order flysheet", "ara cas", "cara@customer", "customer.example", "4567", "070-123 45 67", "+46 70 123", "A question",
    ],
)  # fmt: skip
def test_it_is_found_by(ana: Client, told: Conversation, words: str) -> None:
    assert shown(page_of(ana, q=words)) == [told.pk]


@pytest.mark.parametrize("words", ["flysheets", "order banana", "%", "_", "%flysheet", "fly_heet", "\\", "'; --", "4568"])
def test_it_is_not_found_by(ana: Client, told: Conversation, words: str) -> None:
    assert shown(page_of(ana, q=words)) == []


def test_signs_that_mean_anything_elsewhere_are_letters_here(ana: Client, cast: Cast) -> None:
    made, _ = conversation(cast.orders, cast.cara, r"100% of a_b in C:\temp")
    conversation(cast.orders, cast.cara, "1000 of aXb in C:temp")
    for words in ("100%", "a_b", r"c:\temp"):
        assert shown(page_of(ana, q=words)) == [made.pk], words


def test_it_is_found_by_its_number_and_by_the_ids_of_the_providers(ana: Client, cast: Cast, told: Conversation) -> None:
    other, first = conversation(cast.orders, cast.cara, "Another")
    Message.objects.using("owner").filter(pk=first.pk).update(provider_id="<CAF-77@mail.example>")
    sent = Message.objects.using("owner").create(
        conversation_id=other.pk, inbox_id=cast.orders.pk, customer_id=cast.cara.pk, direction="out", author="agent",
        sender_id=cast.ana.pk, text="Yes",
    )  # fmt: skip
    Delivery.objects.using("owner").create(message_id=sent.pk, inbox_id=cast.orders.pk, provider_id="wamid.HBgL99")
    assert shown(page_of(ana, q=f"#{told.pk}")) == [told.pk]
    assert told.pk in shown(page_of(ana, q=str(told.pk)))
    for words in ("<CAF-77@mail.example>", "CAF-77@mail.example", "wamid.HBgL99"):
        assert shown(page_of(ana, q=words)) == [other.pk], words


def test_the_place_where_it_stands_is_shown_with_the_words_marked(ana: Client, told: Conversation) -> None:
    page = page_of(ana, q="grosse FLYSH")
    assert "<mark>flysh</mark>eet of my Skarn" in page and "<mark>Größe</mark> XL" in page


def test_what_a_customer_wrote_is_text_in_a_snippet_too(ana: Client, cast: Cast) -> None:
    made, _ = conversation(cast.orders, cast.cara, "Hm")
    inbound(made, "<script>alert('tent')</script>")
    page = page_of(ana, q="tent")
    assert "&lt;script&gt;alert(&#x27;<mark>tent</mark>" in page and "<script>alert" not in page


def test_a_snippet_is_short_and_stands_around_the_first_of_the_words() -> None:
    pieces = searching.snippet("a " * 500 + "Ärger with the TENT. " + "b " * 500, "tent arger")
    text = "".join(piece for piece, _ in pieces)
    assert text.startswith("…") and text.endswith("…") and len(text) < 160
    assert [piece for piece, marked in pieces if marked] == ["Ärger", "TENT"]
    assert searching.snippet("nothing here", "zebra") == [("nothing here", False)]


def test_marking_takes_no_time_however_odd_the_words(cast: Cast) -> None:
    began = time.monotonic()
    searching.snippet("a" * 50_000 + "!", "a" * 90 + " (a+)+$ [[[ \\")
    assert time.monotonic() - began < 1


def test_a_search_stays_within_the_view_and_says_how_to_leave_it(ana: Client, cast: Cast, told: Conversation) -> None:
    page = page_of(ana, view="mine", q="flysheet")
    assert shown(page) == [] and "Search everywhere" in page
    with cast.acting(cast.ana):
        Conversation.objects.filter(pk=told.pk).update(assignee=cast.ana)
    assert shown(page_of(ana, view="mine", q="flysheet")) == [told.pk]
    assert shown(page_of(ana, view="resolved", q="flysheet")) == []
    assert shown(page_of(ana, q="flysheet", inbox=str(cast.orders.pk))) == [told.pk]


def test_what_was_said_in_a_merged_conversation_leads_to_the_one_it_is_in(ana: Client, cast: Cast, told: Conversation) -> None:
    home, _ = conversation(cast.orders, cast.cara, "Home")
    Conversation.objects.using("owner").filter(pk=told.pk).update(merged_into=home)
    assert shown(page_of(ana, q="flysheet")) == [home.pk]


def test_a_search_finds_nothing_that_the_reader_may_not_see(cast: Cast, told: Conversation) -> None:
    theirs, _ = conversation(cast.app, cast.dan, "The app swallows my flysheet")
    assert shown(page_of(signed_in(cast.ana), q="flysheet")) == [told.pk]
    ben = signed_in(cast.ben)
    assert shown(page_of(ben, q="flysheet")) == [theirs.pk]
    for words in ("skarn", "cara@customer", f"#{told.pk}", "+46701234567", "a question"):
        assert shown(page_of(ben, q=words)) == [], words


def found_as(role: str, token: str, words: str = "flysheet") -> list[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', %s, true), set_config('app.token', %s, true)", [role, token])
        cursor.execute(FOUND, [words])
        return [pk for (pk,) in cursor.fetchall()]


def test_the_function_gives_nothing_to_an_identity_that_is_not_good(cast: Cast, told: Conversation) -> None:
    good = signed_identity(Actor.of(cast.ana))
    assert found_as("cc_agent", good) == [told.pk]
    kind, who, epoch, expiry, mac = good.split(".")
    bad = {
        "missing": "",
        "nonsense": "x",
        "forged": f"{kind}.{who}.{epoch}.{expiry}.{'0' * 64}",
        "somebody else's mac": f"{kind}.{cast.sam.pk}.{epoch}.{expiry}.{mac}",
        "expired": signed_identity(Actor.of(cast.ana), now=time.time() - 4000),
        "of an older epoch": signed_identity(Actor("agent", cast.ana.pk, cast.ana.epoch - 1)),
        "of a wrong kind": signed_identity(Actor("supervisor", cast.ana.pk, cast.ana.epoch)),
        "a customer's": signed_identity(Actor.customer(cast.cara.pk)),
        "the system's": signed_identity(SYSTEM),
        "the door's": signed_identity(Actor.door(cast.ana.pk)),
        "an admin's": signed_identity(Actor.of(cast.ada)),
        "of one who left": signed_identity(Actor.of(cast.mallory)),
    }
    for name, token in bad.items():
        for role in ("cc_agent", "cc_supervisor"):
            assert found_as(role, token) == [], name
    assert found_as("cc_supervisor", signed_identity(Actor.of(cast.sam))) == [told.pk]


@pytest.mark.parametrize("role", ["cc_customer", "cc_admin", "cc_door", "cc_system"])
def test_nobody_but_those_who_answer_may_call_it(cast: Cast, role: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        found_as(role, signed_identity(SYSTEM))


def test_the_function_behind_it_is_nobody_s(cast: Cast) -> None:
    behind = "SELECT * FROM sec.found(ARRAY[1]::bigint[], ARRAY['a'], '', '{}', NULL, '{open}', NULL, 9)"
    with pytest.raises(ProgrammingError, match="permission denied"), cast.acting(cast.ana), connection.cursor() as cursor:
        cursor.execute(behind)


def test_a_right_that_ends_ends_the_search_at_the_next_statement(cast: Cast, told: Conversation) -> None:
    with cast.acting(cast.ana):
        assert searching.search(cast.ana, Filters.of({"q": "flysheet"})).messages
        owner_sql("DELETE FROM accounts_membership WHERE user_id = %s", cast.ana.pk)
        assert not searching.search(cast.ana, Filters.of({"q": "flysheet"})).messages


MANY = """
INSERT INTO conversations_customer (name, language, place, created_at) SELECT 'Person ' || n, '', '', now() FROM generate_series(1, 3000) n;
INSERT INTO conversations_conversation (inbox_id, customer_id, channel, subject, preview, language, due_at, last_message_at, assignee_id)
  SELECT CASE n % 4 WHEN 0 THEN {orders} ELSE {app} END, (SELECT max(id) FROM conversations_customer) - n % 3000, 'web', 'Matter ' || n, '', '',
         now() + n * interval '1 minute', now() - n * interval '1 minute', CASE WHEN n % 3 = 0 THEN {ana} END FROM generate_series(1, 6000) n;
INSERT INTO conversations_message (conversation_id, inbox_id, customer_id, direction, author, text, language, citations, provider_id,
    client_key, published_at)
  SELECT id, inbox_id, customer_id, 'in', 'customer', 'Often the word refund and once zq' || id || 'vk', '', '[]', '', gen_random_uuid(), now()
    FROM conversations_conversation
"""


@pytest.fixture
def many(cast: Cast) -> Cast:
    """Six thousand conversations, a quarter of them Ana's to see."""
    customer("Somebody")
    for statement in MANY.format(orders=cast.orders.pk, app=cast.app.pk, ana=cast.ana.pk).split(";\n"):
        owner_sql(statement.replace("%", "%%"))
    for table in ("conversation", "message", "customer", "identity"):
        owner_sql(f"VACUUM (ANALYZE) conversations_{table}")
    return cast


def whole_reads() -> dict[str, int]:
    """How often this transaction has read a table from one end to the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_scan FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('conversations_conversation', 'conversations_message') AND seq_scan > 0"
        )
        return dict(cursor.fetchall())


@pytest.mark.parametrize("words", ["zq4004vk", "q4004v", "refund", "refund zq4004vk", "xyzzy", "4004"])
def test_no_search_reads_everything(many: Cast, words: str) -> None:
    with many.acting(many.ana):
        found = searching.search(many.ana, Filters.of({"q": words}))
        assert whole_reads() == {}
    assert found.is_cut == (words == "refund")


@pytest.mark.parametrize(
    "asked",
    [
        "view=open",
        "view=mine",
        "view=unassigned",
        "view=review",
        "view=resolved",
        "view=waiting",
        "view=snoozed",
        "view=mentions",
        "sort=newest",
    ],
)
def test_no_list_reads_everything(many: Cast, asked: str) -> None:
    with many.acting(many.ana), CaptureQueriesContext(connection) as captured:
        counting.counts(many.ana)
        listing.page(many.ana, Filters.of_query(asked))
    reads = [one["sql"] for one in captured if one["sql"].startswith("SELECT") and "conversations_conversation" in one["sql"]]
    assert len(reads) >= 2
    with many.acting(many.ana), connection.cursor() as cursor:
        for sql in reads:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert not re.search(r"Seq Scan on (public\.)?conversations_(conversation|message)\b", plan), plan
