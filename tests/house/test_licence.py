"""An assistant's message cannot exist without its licence, whoever writes it and however."""

import itertools
import math

import pytest
from django.db import DatabaseError, connection

from conversations.models import Message
from core.context import Actor, acting_as
from tests.cast import Cast, conversation
from tests.house.world import owner_sql

INSERT = """
INSERT INTO conversations_message (conversation_id, inbox_id, customer_id, direction, author, sender_id, text, language,
  confidence, reviewed_by_id, citations, provider_id, client_key, created_at)
VALUES (%s, %s, %s, %s, %s, %s, 'x', '', {confidence}, %s, '[]', '', gen_random_uuid(), now())
"""
UNLICENSED = ("NULL", "0.8", "0.80", "0.7999999", "-1", "0", "1.0000001", "95", "'NaN'", "'Infinity'", "'-Infinity'")


def outbound(cast: Cast) -> int:
    return Message.objects.using("owner").filter(direction="out").count()


@pytest.mark.parametrize("confidence", UNLICENSED)
def test_no_confidence_at_or_below_the_floor_or_no_number_lets_it_in(db: None, cast: Cast, confidence: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    who = [
        Actor.assistant(),
        Actor.system("x"),
        Actor.of(cast.ana),
        Actor.of(cast.sam),
        Actor.of(cast.ada),
        Actor.customer(cast.cara.pk),
    ]
    for actor, direction in itertools.product(who, ("out", "in", "note")):
        with pytest.raises(DatabaseError), acting_as(actor), connection.cursor() as cursor:
            cursor.execute(
                INSERT.format(confidence=confidence),
                [matter.pk, matter.inbox_id, matter.customer_id, direction, "assistant", None, None],
            )
    assert outbound(cast) == 0


def test_just_above_the_floor_is_enough_and_not_rounded(db: None, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(Actor.assistant()):
        made = Message.objects.create(
            conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="out",
            author="assistant", text="x", confidence=math.nextafter(0.80, 1.0),
        )  # fmt: skip
    assert Message.objects.using("owner").get(pk=made.pk).confidence == math.nextafter(0.80, 1.0)


def test_nobody_can_name_somebody_else_as_the_reviewer(db: None, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    for actor, reviewer in ((Actor.assistant(), cast.ana), (Actor.system("x"), cast.sam), (Actor.of(cast.ana), cast.sam)):
        with pytest.raises(DatabaseError, match="row-level security"), acting_as(actor):
            Message.objects.create(
                conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="out",
                author="assistant", text="x", reviewed_by=reviewer,
            )  # fmt: skip
    assert outbound(cast) == 0


def test_a_reviewer_without_access_to_the_inbox_licenses_nothing(db: None, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    for user in (cast.ben, cast.mallory):
        with pytest.raises(DatabaseError, match="row-level security"), acting_as(Actor.of(user)):
            Message.objects.create(
                conversation_id=matter.pk, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="out",
                author="assistant", text="x", reviewed_by_id=user.pk,
            )  # fmt: skip
    assert outbound(cast) == 0


@pytest.mark.parametrize(
    "change",
    [
        "author = 'assistant', sender_id = NULL", "confidence = NULL", "confidence = 0.5", "confidence = 'NaN'", "text = 'other'",
        "reviewed_by_id = NULL", "direction = 'note'", "author = 'agent'",
    ],
)  # fmt: skip
def test_what_was_licensed_or_written_by_a_person_cannot_be_turned_into_something_else(
    db: None, cast: Cast, change: str
) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(Actor.assistant()):
        Message.objects.create(
            conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="out",
            author="assistant", text="licensed", confidence=0.9,
        )  # fmt: skip
    with acting_as(Actor.of(cast.ana)):
        Message.objects.create(
            conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="out", author="agent",
            sender=cast.ana, text="mine",
        )  # fmt: skip
    before = owner_sql("SELECT id, author, text, confidence, reviewed_by_id, direction FROM conversations_message ORDER BY id")
    for actor in (Actor.assistant(), Actor.system("x"), Actor.of(cast.ana), Actor.of(cast.sam), Actor.of(cast.ada)):
        with pytest.raises(DatabaseError), acting_as(actor), connection.cursor() as cursor:
            cursor.execute(f"UPDATE conversations_message SET {change}")
    assert (
        owner_sql("SELECT id, author, text, confidence, reviewed_by_id, direction FROM conversations_message ORDER BY id")
        == before
    )


def test_upsert_merge_and_copy_are_no_way_around(db: None, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    values = f"{matter.pk}, {matter.inbox_id}, {matter.customer_id}, 'out', 'assistant', 'x', '', 0.5, '[]', '', gen_random_uuid(), now()"
    columns = "conversation_id, inbox_id, customer_id, direction, author, text, language, confidence, citations, provider_id, client_key, created_at"
    ways = (
        f"INSERT INTO conversations_message ({columns}) VALUES ({values}) ON CONFLICT (conversation_id, client_key)"
        " DO UPDATE SET confidence = 0.9",
        f"MERGE INTO conversations_message m USING (SELECT 1) s ON false WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})",
        f"WITH w AS (INSERT INTO conversations_message ({columns}) VALUES ({values}) RETURNING id) SELECT * FROM w",
        "ALTER TABLE conversations_message DROP CONSTRAINT assistant_licence",
        "ALTER TABLE conversations_message DISABLE ROW LEVEL SECURITY",
        "SET session_replication_role = replica",
        "TRUNCATE conversations_message",
    )
    for sql in ways:
        with pytest.raises(DatabaseError), acting_as(Actor.assistant()), connection.cursor() as cursor:
            cursor.execute(sql)
    assert outbound(cast) == 0


def test_an_inbox_cannot_set_its_line_below_the_floor(db: None, cast: Cast) -> None:
    for actor in (Actor.of(cast.sam), Actor.of(cast.ada)):
        for value in ("0.79", "0", "-1", "1", "'NaN'"):
            with pytest.raises(DatabaseError), acting_as(actor), connection.cursor() as cursor:
                cursor.execute(f"UPDATE conversations_inbox SET threshold = {value}")
    assert owner_sql("SELECT DISTINCT threshold FROM conversations_inbox") == [(0.8,)]
