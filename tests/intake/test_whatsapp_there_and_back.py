"""A question by WhatsApp, answered, and WhatsApp's own word on how that fared: through every door, against the peer."""

import uuid

import pytest

from approvals.models import Draft
from conversations.models import Delivery
from core.context import acting_as
from tests.build import RETURNS, article, run_jobs
from tests.cast import SYSTEM
from tests.house.world import owner_sql
from tests.intake.whatsapp import connect, messages, post, receive, take_in
from tests.peers.whatsapp import message_call, said, whatsapp
from tests.sockets import signed_in


@pytest.fixture
def peer(settings):
    with whatsapp() as found:
        settings.WHATSAPP_BASE_URL = found.url
        yield found


@pytest.fixture
def inbox(cast):
    article(cast.base, "returns", "Returns", RETURNS)
    return connect(cast)


def approve(inbox, cast) -> None:
    """Whatever waits is signed by Ana."""
    with acting_as(SYSTEM):
        waiting = list(Draft.objects.filter(inbox=inbox, state="in_review"))
    for draft in waiting:
        sent = {"action": "approve", "text": "Within 30 days.", "version": draft.version, "request_key": str(uuid.uuid4())}
        response = signed_in(cast.ana).post(f"/drafts/{draft.pk}/decisions/", sent, headers={"HX-Request": "true"})
        assert response.status_code == 200


def tell_us(peer) -> None:
    told, peer.told = peer.told, []
    for one in told:
        assert post(one.body, headers=one.headers) == 200
    take_in()


def delivery_of(inbox) -> Delivery:
    with acting_as(SYSTEM):
        return Delivery.objects.select_related("message").get(inbox=inbox)


def test_an_answer_goes_out_once_and_is_read(inbox, cast, peer):
    peer.statuses, peer.repeats, peer.reorders = ("sent", "delivered", "read"), True, True
    receive(message_call(said("wamid.1", "How can I return something?")))
    run_jobs()
    approve(inbox, cast)
    run_jobs()
    tell_us(peer)
    sent = delivery_of(inbox)
    (taken,) = peer.ledger
    assert sent.state == "read" and sent.provider_id == taken.wamid and taken.key == str(sent.send_key)
    assert taken.body["to"] == "+447700910000" and taken.body["context"] == {"message_id": "wamid.1"}
    assert {one.conversation.state for one in messages(inbox)} == {"waiting"}


def test_a_lost_answer_is_proven_by_the_status_and_never_repeated(inbox, cast, peer):
    peer.script["messages"] = ["drop"]
    receive(message_call(said("wamid.1", "How can I return something?")))
    run_jobs()
    approve(inbox, cast)
    owner_sql("UPDATE conversations_delivery SET not_before = now()")
    run_jobs(rounds=2)
    assert delivery_of(inbox).state in ("unknown", "held")
    tell_us(peer)
    run_jobs(rounds=3)
    assert delivery_of(inbox).state == "delivered" and len(peer.ledger) == 1


def test_what_whatsapp_refuses_says_why(inbox, cast, peer):
    peer.script["messages"] = ["131047"]
    receive(message_call(said("wamid.1", "How can I return something?")))
    run_jobs()
    approve(inbox, cast)
    run_jobs()
    failed = delivery_of(inbox)
    assert failed.state == "failed" and "24 hours" in failed.reason and not peer.ledger
