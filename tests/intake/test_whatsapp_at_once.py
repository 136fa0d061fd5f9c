"""Elements that are done at the same moment by several workers: one customer, one conversation, nothing overlooked."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from conversations.models import Customer, Identity
from core import jobs
from core.context import acting_as
from intake.models import Receipt
from intake.whatsapp import taking_in
from tests.cast import SYSTEM
from tests.intake.whatsapp import connect, messages, outcomes, post, take_in
from tests.peers.whatsapp import message_call, said


@pytest.fixture
def inbox(cast):
    return connect(cast)


def taken_apart(*bodies) -> list[int]:
    """The receipts of these calls' elements, none of them done."""
    for body in bodies:
        assert post(body) == 200
    for due in jobs.due(500):
        if due.kind.endswith("take_batch"):
            jobs.run(due.id)
    with acting_as(SYSTEM):
        pieces = Receipt.objects.filter(parent__isnull=False, state="accepted")
        return list(pieces.order_by("pk").values_list("pk", flat=True))


def all_at_once(pieces: list[int]) -> None:
    def done(pk: int) -> None:
        try:
            taking_in.take_element(pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(pieces)) as many:
        list(many.map(done, pieces))


@pytest.mark.parametrize("turn", range(3))
def test_behaviour_13_an_album_of_a_new_customer_is_one_conversation_whoever_takes_it_in(inbox, turn):
    image = {"id": "media-1", "mime_type": "image/jpeg"}
    calls = [message_call(said(f"wamid.{n}", type="image", image=image), user_id="GB.1" if n % 2 else "") for n in range(6)]
    all_at_once(taken_apart(*calls))
    found = messages(inbox)
    assert len(found) == 6 and len({one.conversation_id for one in found}) == 1
    with acting_as(SYSTEM):
        his = Identity.objects.filter(address__in=("+447700910000", "GB.1")).values_list("customer", flat=True)
        assert len(his) == 2 and len(set(his)) == 1
        assert Customer.objects.filter(name="Ana").count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_an_edit_at_the_same_moment_as_its_message_is_never_overlooked(inbox, turn):
    inner = {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "Better words"}}}
    revoke = {"original_message_id": "wamid.1"}
    calls = [
        message_call(said("wamid.1", "Words")),
        message_call(said("wamid.e", at=1_772_000_100, type="edit", edit=inner)),
        message_call(said("wamid.r", at=1_772_000_200, type="revoke", revoke=revoke)),
        message_call(said("wamid.x", at=1_772_000_150, type="reaction", reaction={"message_id": "wamid.1", "emoji": "👍"})),
        message_call(said("wamid.2", "About that", context={"id": "wamid.1"})),
    ]
    pieces = taken_apart(*calls)
    all_at_once(pieces[turn:] + pieces[:turn])
    take_in()
    found = {one.provider_id: one for one in messages(inbox)}
    first = found["wamid.1"]
    assert first.text == "Better words" and first.withdrawn_at and found["wamid.2"].in_reply_to_id == first.pk
    assert outcomes(inbox) == {"stored": 5}
    with acting_as(SYSTEM):
        assert first.reactions.count() == 1
