"""How a reply was carried, for those who may see it; and the strip that says which inbox is not sending."""

import json
import uuid
from io import StringIO

from django.core.management import call_command

from conversations import delivery, statuses
from conversations.models import Account, Delivery, Message
from core.context import Actor, acting_as
from gateways import fakes
from gateways.breaker import breaker
from tests.build import run_jobs
from tests.cast import Cast
from tests.conversations.sending import provider, reply
from tests.house.world import owner_sql
from tests.sockets import signed_in

__all__ = ["provider", "reply"]


def report(status: str, **told) -> None:
    with acting_as(Actor.system("hook")):
        statuses.reported(Delivery.objects.get(), status, **told)


def shown(user, message: Message) -> str:
    answer = signed_in(user).get(f"/messages/{message.pk}/delivery/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_try_and_every_report_is_told(cast: Cast, reply: Message, provider: fakes.FakeChannel) -> None:
    provider.script = ["down", "ok"]
    for _ in range(2):
        owner_sql("UPDATE core_job SET run_at = now(), dispatched_at = NULL WHERE state = 'ready'")
        run_jobs()
    report("delivered")
    report("read")
    page = shown(cast.ana, reply)
    assert page.index("Nothing was sent: <bdi>connection refused</bdi>") < page.index("Taken by the provider")
    assert provider.ledger[0].provider_id in page and "Orders · Web form" in page and "Cara Cast" in page
    assert page.index("<dt>Sent</dt>") < page.index("<dt>Delivered</dt>") < page.index("<dt>Read</dt>")


def test_what_came_back_says_so_in_the_providers_words(cast: Cast, reply: Message) -> None:
    run_jobs()
    report("failed", reason="550 no <b>such</b> user")
    page = shown(cast.sam, reply)
    assert "Not delivered: <bdi>550 no &lt;b&gt;such&lt;/b&gt; user</bdi>" in page and "Taken, and then it came back" in page


def test_a_mail_that_is_held_up_says_by_whom(cast: Cast, reply: Message) -> None:
    run_jobs()
    report("delayed", reason="451 greylisted")
    assert "Held up on its way: 451 greylisted" in shown(cast.ana, reply)


def test_what_waits_says_when_it_is_tried_again(cast: Cast, reply: Message, provider: fakes.FakeChannel) -> None:
    breaker("channel:web").open()
    run_jobs(rounds=1)
    assert "Tries again at" in shown(cast.ana, reply) and "Nothing has been handed over yet." in shown(cast.ana, reply)


def test_only_who_sees_the_conversation_sees_it(cast: Cast, reply: Message) -> None:
    run_jobs()
    assert signed_in(cast.ben).get(f"/messages/{reply.pk}/delivery/").status_code == 404
    assert signed_in(cast.ada).get(f"/messages/{reply.pk}/delivery/").status_code == 403
    assert signed_in(cast.ana).post(f"/messages/{reply.pk}/delivery/").status_code == 405
    with cast.acting(cast.ana):
        note = delivery.note(reply.conversation, "internal", by=cast.ana, client_key=uuid.uuid4())
    assert signed_in(cast.ana).get(f"/messages/{note.pk}/delivery/").status_code == 404


def test_the_tick_opens_it(cast: Cast, reply: Message) -> None:
    run_jobs()
    page = signed_in(cast.ana).get(f"/conversations/{reply.conversation_id}/").content.decode()
    assert f'<details class="fold delivery" id="delivery-{reply.pk}"><summary>' in page
    assert f'hx-get="/messages/{reply.pk}/delivery/"' in page and "<span>Sent</span>" in page


def test_a_refused_account_is_told_to_its_people_alone(cast: Cast, reply: Message) -> None:
    with acting_as(Actor.system("tests")):
        Account.objects.create(inbox=cast.orders, transport="mail", paused_reason="535 bad credentials")
    assert signed_in(cast.ana).get("/queue/alerts/").content.decode().strip() == ""
    owner_sql("UPDATE conversations_account SET paused_at = now()")
    told = signed_in(cast.ana).get("/queue/alerts/").content.decode()
    assert "Web form Orders is not being sent, an admin has to mend it: 535 bad credentials." in told
    assert "1 reply waits." in told and "is-bad" in told
    assert signed_in(cast.ben).get("/queue/alerts/").content.decode().strip() == ""
    assert 'hx-get="/queue/alerts/"' in signed_in(cast.ana).get("/queue/").content.decode()


def test_a_provider_that_does_not_answer_is_told_and_named_by_status(cast: Cast, reply: Message) -> None:
    with acting_as(Actor.system("tests")):
        Account.objects.create(inbox=cast.orders, transport="mail")
    breaker("channel:web").open()
    told = signed_in(cast.ana).get("/queue/alerts/").content.decode()
    assert "is being sent late: the provider does not answer." in told and "is-warn" in told
    out = StringIO()
    call_command("status", "--json", stdout=out)
    assert json.loads(out.getvalue())["breakers"]["channel:web"] == "open"
