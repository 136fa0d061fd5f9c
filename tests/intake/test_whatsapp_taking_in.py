"""What becomes of a call: every element once, whatever the order. Behaviours 11 to 13, and every line of the example data."""

import copy
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from approvals import drafting
from conversations import delivery
from conversations.models import (
    Attachment,
    Conversation,
    Customer,
    Delivery,
    DeliveryAttempt,
    Identity,
    Message,
    Reaction,
    Template,
)
from conversations.outbound import outbound_of
from core import jobs
from core.context import acting_as
from core.models import AuditEvent, Job
from gateways.whatsapp.parsing import read
from gateways.whatsapp.signature import sign
from intake.models import Parked, Receipt
from intake.whatsapp import media, taking_in, templates
from intake.whatsapp.accepting import accept
from replies.types import Reply
from tests.build import draft_of, run_jobs
from tests.cast import SYSTEM
from tests.house.world import owner_sql
from tests.intake.whatsapp import connect, messages, only, outcomes, post, receive, state_of, take_in
from tests.peers.whatsapp import NUMBER, SECRET, Taken, about, change, message_call, said, status_call, whatsapp

# The states of all seeds are compared with that of the first.
FIRST, SEEDS = 0, range(1, 21)


@pytest.fixture
def inbox(cast):
    return connect(cast)


@pytest.fixture
def peer(settings, tmp_path):
    with whatsapp() as found:
        settings.WHATSAPP_BASE_URL = found.url
        settings.MEDIA_ROOT = str(tmp_path)
        yield found


def edit(wamid: str, of: str, text: str, at: int = 1_772_000_100) -> dict:
    inner = {"original_message_id": of, "message": {"type": "text", "text": {"body": text}}}
    return said(wamid, at=at, type="edit", edit=inner)


def revoke(wamid: str, of: str, at: int = 1_772_000_200) -> dict:
    return said(wamid, at=at, type="revoke", revoke={"original_message_id": of})


def react(wamid: str, to: str, sign: str, at: int = 1_772_000_150, phone: str = "447700910000") -> dict:
    return said(wamid, at=at, phone=phone, type="reaction", reaction={"message_id": to, "emoji": sign})


def reply(inbox, text: str = "It is on its way.") -> Delivery:
    """A reply of Ana's to the newest message, not sent yet."""
    with acting_as(SYSTEM):
        owner = Message.objects.filter(inbox=inbox).order_by("-pk")[0]
    made = Message.objects.using("owner").create(
        conversation_id=owner.conversation_id, inbox_id=inbox.pk, customer_id=owner.customer_id, direction="out", author="agent",
        sender=_agent(), text=text,
    )  # fmt: skip
    with acting_as(SYSTEM):
        return Delivery.objects.create(message_id=made.pk, inbox=inbox, body_sha256=delivery.sha256(text))


def _state(inbox, state: str, **more) -> None:
    with acting_as(SYSTEM):
        conversation = Conversation.objects.get(inbox=inbox)
        Conversation.objects.claim(conversation.pk, from_state="open", to_state=state, **more)


def _agent() -> User:
    return User.objects.using("owner").get(email="ana@cast.example")


# --- Every line of the examples ---------------------------------------------------------------------------------------


def payloads(shared_data) -> list[tuple[str, dict]]:
    lines = (shared_data / "whatsapp" / "payloads.jsonl").read_text().splitlines()
    return [(line["id"], line["payload"]) for line in map(json.loads, lines)]


def of_its_own(name: str, payload: dict) -> dict:
    """The payload for our number, with ids that no other line of the file uses: there several have the same."""
    made = json.loads(json.dumps(payload))
    for entry in made["entry"]:
        for one in entry["changes"]:
            value = one["value"]
            if "metadata" in value:
                value["metadata"]["phone_number_id"] = NUMBER
            for item in [*value.get("messages", []), *value.get("statuses", [])]:
                item["id"] = f"{item['id']}:{name}"
                if item.get("from", "").startswith("<"):
                    item["from"] = "972987654321"
    return made


@pytest.mark.parametrize(
    "name_of_kind", ["message", "callback", "flow", "deleted", "message_status", "system", "account", "template"]
)
def test_every_kind_of_the_examples_is_taken_in(inbox, shared_data, name_of_kind):
    chosen = [(name, of_its_own(name, one)) for name, one in payloads(shared_data) if name.startswith(name_of_kind)]
    assert chosen
    for entry in (one["entry"] for _, one in chosen):
        entry[0]["id"] = "100200300"
    receive(*(one for _, one in chosen))
    counted = sum(len(read(json.dumps(one).encode())) for _, one in chosen)
    assert sum(outcomes(inbox).values()) == counted
    with acting_as(SYSTEM):
        assert not Receipt.objects.filter(inbox=inbox).exclude(state="done").exists()


def test_every_message_of_the_examples_is_told_as_it_was_said(inbox, shared_data):
    known = {name: of_its_own(name, one) for name, one in payloads(shared_data)}
    receive(*known.values())
    received = [one for one in messages(inbox) if one.direction == "in"]
    (ours,) = [one for one in messages(inbox) if one.direction == "out"]
    assert ours.text == "Test message" and ours.from_outside
    found = {one.provider_id.partition(":")[2]: one for one in received}
    texts = {name: one.text for name, one in found.items()}
    assert texts == {
        "callback_button/quick_reply": "title",
        "callback_selection/callback": "title",
        "flow_completion/completion": (
            "Sent\ncomment_text: Comment Text\ndelivery_rating: 4\npurchase_rating: 2\nrecommend_radio: 0\ncs_rating: 0"
        ),
        "message/text": "Body Text",
        "message/image": "",
        "message/media_with_url": "",
        "message/document": "caption",
        "message/voice": "",
        "message/animated_sticker": "",
        "message/current_location": "12.25089, 43.90539",
        "message/contacts": "Chandler Bing, +1 555-555-5555\nMonica, +1 666-666-6666\nRachel Green, +1 777-777-7777",
        "message/unsupported": "",
        "message/reply": "replied text",
        "message/forwarded_many_times": "text forwarded many times",
        "message/referral": "BODY",
    }
    assert found["message/unsupported"].marks == {"unsupported": "Message type is currently not supported."}
    assert found["message/forwarded_many_times"].marks["passed_on"] == "many"
    assert len({one.customer_id for one in found.values()}) == 1 == len({one.conversation_id for one in found.values()})
    with acting_as(SYSTEM):
        kept = {one.message.provider_id.partition(":")[2]: (one.name, one.remote) for one in Attachment.objects.all()}
    assert kept == {
        "message/image": ("image.jpg", "65463453"),
        "message/media_with_url": ("image.jpg", "65463453"),
        "message/document": ("filename.pdf", "1234567890987654321"),
        "message/voice": ("audio.ogg", "1234567890987654321"),
        "message/animated_sticker": ("sticker.webp", "1234567890987654321"),
    }


def test_two_contents_under_one_id_are_the_first_of_them(inbox):
    receive(message_call(said("wamid.1", "First")), message_call(said("wamid.1", "Second")))
    assert only(inbox).text == "First"


def calls(shared_data) -> list[dict]:
    return [json.loads(line) for line in (shared_data / "whatsapp" / "webhook_calls.jsonl").read_text().splitlines()]


def test_every_call_of_the_examples_is_met_as_it_is_expected(inbox, shared_data):
    assert (shared_data / "whatsapp" / "app_secret.txt").read_text().strip() == SECRET
    met = {"bad_signature": 401, "no_signature": 401, "truncated": 400}
    for call in calls(shared_data):
        assert (call["expect"] == "rejected") == (call["kind"] in met)
        assert post(call["body"].encode(), headers=call["headers"]) == met.get(call["kind"], 200), call["id"]
    take_in()
    taken = [call["body"].encode() for call in calls(shared_data) if call["expect"] != "rejected"]
    expected = {element.key: type(element).__name__ for body in taken for element in read(body)}
    with acting_as(SYSTEM):
        kept = {one.provider_id: one.facts["what"] for one in Receipt.objects.filter(parent__isnull=False)}
    assert kept == {key: name.lower() for key, name in expected.items()}
    written = [one.provider_id for one in messages(inbox)]
    assert len(written) == len(set(written)) == sum(name == "Written" for name in expected.values())


@pytest.mark.parametrize("seeds", [SEEDS[at : at + 4] for at in range(0, len(SEEDS), 4)])
def test_behaviour_13_the_same_calls_in_any_order_and_number_give_the_same_state(inbox, shared_data, seeds):
    chosen = [*_story(), *(of_its_own(name, one) for name, one in payloads(shared_data))]
    found = []
    for seed in (FIRST, *seeds):
        die = random.Random(seed)
        bodies = [one for one in chosen for _ in range(die.randint(1, 5))]
        die.shuffle(bodies)
        _forget(inbox)
        # Some runs take in each call as it comes, others many at once.
        for at, body in enumerate(bodies):
            accept(inbox.slug, raw := json.dumps(body).encode(), sign(raw, SECRET))
            if at % (1 + seed) == 0:
                take_in()
        take_in()
        found.append(state_of(inbox))
    assert found[0]["messages"] and found[0]["reactions"]
    for seed, other in zip(seeds, found[1:], strict=True):
        for part, value in other.items():
            assert value == found[0][part], (seed, part)


def _story() -> list[dict]:
    """Edits, withdrawals, reactions, answers and a batch, each about what may come later."""
    return [
        message_call(said("wamid.1", "Where is my oder?")),
        message_call(edit("wamid.e1", "wamid.1", "Where is my order?", at=1_772_000_100)),
        message_call(edit("wamid.e2", "wamid.1", "Where is my order 17?", at=1_772_000_101)),
        message_call(said("wamid.2", "Never mind")),
        message_call(revoke("wamid.r2", "wamid.2")),
        message_call(edit("wamid.e3", "wamid.2", "Never mind it")),
        message_call(said("wamid.3", "And this one", context={"id": "wamid.1", "from": "15550001000"})),
        message_call(react("wamid.x1", "wamid.3", "👍", at=1_772_000_151)),
        message_call(react("wamid.x2", "wamid.3", "", at=1_772_000_152)),
        message_call(react("wamid.x3", "wamid.3", "🎉", at=1_772_000_153)),
        message_call(react("wamid.x4", "wamid.1", "😡", at=1_772_000_153)),
        message_call(react("wamid.x5", "wamid.1", "", at=1_772_000_154)),
        message_call(said("wamid.4", "a", phone="447700910001"), said("wamid.5", "b", phone="447700910001"), name="Bo"),
        change(about() | {"messages": [said("wamid.6", "c", phone="447700910002")], "statuses": [
            {"id": "wamid.unknown", "status": status, "timestamp": "1772000000"} for status in ("read", "sent", "delivered")
        ]}),
    ]  # fmt: skip


def _forget(inbox) -> None:
    for table in ("intake_parked", "core_job", "conversations_reaction", "conversations_attachment"):
        owner_sql(f"DELETE FROM {table}")
    owner_sql("DELETE FROM intake_receipt WHERE parent_id IS NOT NULL")
    owner_sql("DELETE FROM intake_receipt")
    owner_sql("UPDATE conversations_message SET in_reply_to_id = NULL")
    for table in ("message", "conversation", "identity", "customer"):
        owner_sql(f"DELETE FROM conversations_{table}")


# --- Messages ----------------------------------------------------------------------------------------------------------


def test_behaviour_13_the_same_message_five_times_is_one(inbox):
    for extra in range(5):
        receive(message_call(said("wamid.1"), name=f"Ana {extra}"))
    assert only(inbox).customer.name == "Ana 0"


def test_behaviour_13_an_album_is_one_conversation(inbox):
    album = [said(f"wamid.{n}", type="image", image={"id": f"media-{n}", "mime_type": "image/jpeg"}) for n in range(6)]
    for one in album:
        post(message_call(one))
    take_in()
    found = messages(inbox)
    assert len(found) == 6 and len({one.conversation_id for one in found}) == 1
    with acting_as(SYSTEM):
        conversation = found[0].conversation
        assert (
            conversation.subject == "Photo"
            and Attachment.objects.filter(conversation=conversation, state="waiting").count() == 6
        )
        assert Job.objects.filter(kind="approvals.drafting.draft_reply").count() == 6


def test_a_batch_is_complete_whatever_died_on_the_way(inbox):
    post(message_call(*(said(f"wamid.{n}", str(n)) for n in range(5)), react("wamid.x", "wamid.3", "👍")))
    for due in jobs.due():
        jobs.run(due.id)
    with acting_as(SYSTEM):
        pieces = list(Receipt.objects.filter(parent__isnull=False).order_by("pk").values_list("pk", flat=True))
    for pk in [*pieces[:2], pieces[0], *pieces[4:]]:
        taking_in.take_element(pk)
    with acting_as(SYSTEM):
        taking_in.take_batch(Receipt.objects.get(parent__isnull=True).pk)
    take_in()
    assert sorted(one.text for one in messages(inbox)) == ["0", "1", "2", "3", "4"]
    assert outcomes(inbox) == {"stored": 6}


def test_a_customer_is_known_by_number_and_by_whatsapps_id(inbox):
    receive(message_call(said("wamid.1"), user_id="GB.1"))
    nameless = said("wamid.2", "Without my number")
    nameless["from_user_id"] = "GB.1"
    del nameless["from"]
    receive(message_call(nameless, user_id="GB.1"))
    first, second = messages(inbox)
    assert first.customer_id == second.customer_id and first.level == 1
    with acting_as(SYSTEM):
        known = set(Identity.objects.filter(customer=first.customer_id).values_list("kind", "address", "level"))
    assert known == {("phone", "+447700910000", 1), ("whatsapp", "GB.1", 1)}


def test_somebody_without_a_number_is_answered_at_whatsapps_id(inbox):
    hidden = said("wamid.1") | {"from_user_id": "GB.7"}
    del hidden["from"]
    receive(message_call(hidden, user_id="GB.7"))
    waiting = reply(inbox)
    with acting_as(SYSTEM):
        assert outbound_of(Delivery.objects.get(pk=waiting.pk)).recipient == "GB.7"


def test_a_number_that_somebody_else_has_now_is_somebody_else(inbox):
    receive(message_call(said("wamid.1"), user_id="GB.1"), message_call(said("wamid.2", "Hi"), user_id="GB.2", name="Eve"))
    first, second = messages(inbox)
    assert first.customer_id != second.customer_id and first.conversation_id != second.conversation_id


def test_a_profile_name_changes_no_known_customer(inbox):
    receive(message_call(said("wamid.1"), name="Ana"), message_call(said("wamid.2"), name="Your bank"))
    assert {one.customer.name for one in messages(inbox)} == {"Ana"}


def test_a_changed_number_is_the_same_customer_because_whatsapp_says_so(inbox):
    receive(message_call(said("wamid.1"), user_id="GB.1"))
    moved = {
        "body": "User A changed",
        "wa_id": "447700919999",
        "type": "user_changed_number",
        "user_id": "GB.9",
        "previous_user_id": "GB.1",
    }
    receive(change(about() | {"messages": [said("wamid.s", type="system", system=moved)]}))
    receive(message_call(said("wamid.2", "It is me", phone="447700919999"), user_id="GB.9"))
    first, second = messages(inbox)
    assert first.customer_id == second.customer_id and first.conversation_id == second.conversation_id
    waiting = reply(inbox)
    with acting_as(SYSTEM):
        assert outbound_of(Delivery.objects.get(pk=waiting.pk)).recipient == "+447700919999"
        assert AuditEvent.objects.filter(event="identity.added").count() >= 2


def test_a_changed_number_takes_nobody_elses(inbox):
    receive(message_call(said("wamid.1")), message_call(said("wamid.2", phone="447700910001"), name="Bo"))
    moved = {"wa_id": "447700910001", "type": "user_changed_number"}
    receive(change(about() | {"messages": [said("wamid.s", type="system", system=moved)]}))
    with acting_as(SYSTEM):
        assert (
            Identity.objects.get(address="+447700910001").customer.name == "Bo" and Customer.objects.filter(name="Bo").exists()
        )


def test_what_is_answered_is_linked_whichever_comes_first(inbox):
    answer = said("wamid.2", "This one", context={"from": "15550001000", "id": "wamid.1"})
    receive(message_call(answer))
    assert only(inbox).in_reply_to_id is None
    receive(message_call(said("wamid.1")))
    found = {one.provider_id: one for one in messages(inbox)}
    assert found["wamid.2"].in_reply_to_id == found["wamid.1"].pk and found["wamid.2"].marks["context"] == "wamid.1"


def test_an_ended_conversation_opens_again_and_an_old_one_is_followed(inbox):
    receive(message_call(said("wamid.1")))
    conversation = only(inbox).conversation_id
    _state(inbox, "resolved", resolved_at=timezone.now() - timedelta(days=1))
    receive(message_call(said("wamid.2", "It broke again, what now?")))
    assert {one.conversation_id for one in messages(inbox)} == {conversation}
    _state(inbox, "resolved", resolved_at=timezone.now() - timedelta(days=30))
    receive(message_call(said("wamid.3", "How do I return it?")))
    newest = messages(inbox)[-1].conversation
    assert newest.pk != conversation and newest.follows_id == conversation


# --- Words that change -------------------------------------------------------------------------------------------------


def test_behaviour_13_an_edit_and_a_withdrawal_before_their_message_wait_for_it(inbox):
    receive(message_call(edit("wamid.e", "wamid.1", "Better words")), message_call(revoke("wamid.r", "wamid.1")))
    assert outcomes(inbox) == {"parked": 2} and not messages(inbox)
    receive(message_call(said("wamid.1", "Words")))
    now = only(inbox)
    assert now.text == "Better words" and now.withdrawn_at == datetime.fromtimestamp(1_772_000_200, UTC)
    assert now.marks["edits"] == [{"at": "", "text": "Words"}] and outcomes(inbox) == {"stored": 3}
    with acting_as(SYSTEM):
        assert not Parked.objects.exists()


def test_what_waits_for_something_that_never_comes_is_given_up(inbox):
    receive(message_call(edit("wamid.e", "wamid.1", "Words")))
    owner_sql("UPDATE intake_parked SET parked_at = now() - interval '3 days'")
    with acting_as(SYSTEM):
        waiting = Parked.objects.get()
    taking_in.look_again(waiting.receipt_id)
    assert outcomes(inbox) == {"ignored": 1}
    with acting_as(SYSTEM):
        assert not Parked.objects.exists()


def test_nobody_changes_what_somebody_else_wrote(inbox):
    receive(message_call(said("wamid.1", "Mine")), message_call(said("wamid.2", phone="447700910001")))
    foreign = edit("wamid.e", "wamid.1", "Yours") | {"from": "447700910001"}
    receive(message_call(foreign), message_call(react("wamid.x", "wamid.1", "👍", phone="447700910001")))
    assert messages(inbox)[0].text == "Mine" and outcomes(inbox) == {"ignored": 2, "stored": 2}
    with acting_as(SYSTEM):
        assert not Reaction.objects.exists()


def test_what_we_said_is_edited_by_nobody_but_a_sign_may_be_put_on_it(inbox):
    receive(message_call(said("wamid.1")))
    reply(inbox)
    owner_sql("UPDATE conversations_message SET provider_id = 'wamid.ours', published_at = now() WHERE direction = 'out'")
    receive(message_call(edit("wamid.e", "wamid.ours", "We pay you")), message_call(react("wamid.x", "wamid.ours", "❤️")))
    with acting_as(SYSTEM):
        assert Message.objects.get(provider_id="wamid.ours").text == "It is on its way."
        assert Reaction.objects.get().sign == "❤️"


def test_an_edit_has_the_waiting_draft_written_anew(inbox, cast):
    receive(message_call(said("wamid.1", "How long does delivery take?")))
    run_jobs()
    message = only(inbox)
    before = draft_of(message)
    assert before.state == "in_review"
    receive(message_call(edit("wamid.e", "wamid.1", "How do I return it?")))
    assert draft_of(message).state == "composing"
    run_jobs()
    after = draft_of(message)
    assert after.state == "in_review" and after.version > before.version
    assert after.rules[0]["code"] == "question_changed"


def test_a_thinker_who_read_the_old_words_writes_nothing(inbox, cast):
    receive(message_call(said("wamid.1", "How long does delivery take?")))
    message = only(inbox)
    opened = drafting.open_draft(message.pk)
    receive(message_call(edit("wamid.e", "wamid.1", "How do I return it?")))
    drafting.settle_draft(opened, Reply(text="An answer to the old words"), latency_ms=1)
    assert draft_of(message).state == "composing" and draft_of(message).text == ""
    run_jobs()
    assert draft_of(message).state == "in_review"


def test_what_was_taken_back_is_answered_by_nobody(inbox, cast):
    receive(message_call(said("wamid.1", "How long does delivery take?")))
    run_jobs()
    receive(message_call(revoke("wamid.r", "wamid.1")))
    run_jobs()
    assert draft_of(only(inbox)).state == "superseded"


def test_an_edit_after_the_answer_makes_it_somebodys_matter_again(inbox):
    receive(message_call(said("wamid.1")))
    reply(inbox)
    owner_sql("UPDATE conversations_message SET published_at = now() WHERE direction = 'out'")
    _state(inbox, "waiting")
    receive(message_call(edit("wamid.e", "wamid.1", "Cancel my order!")))
    with acting_as(SYSTEM):
        conversation = Conversation.objects.get(inbox=inbox)
    assert conversation.state == "open" and conversation.needs_person == "Changed what they had written"


def test_what_a_colleague_said_from_his_phone_is_ours_and_ends_the_wait(inbox):
    receive(message_call(said("wamid.1")))
    echo = {"from": "15550001000", "to": "447700910000", "id": "wamid.e", "timestamp": "1772000300", "type": "text"}
    told = change(about() | {"message_echoes": [echo | {"text": {"body": "It is on its way"}}]}, "smb_message_echoes")
    receive(told, told)
    first, second = messages(inbox)
    assert (second.direction, second.author, second.from_outside, second.text) == ("out", "agent", True, "It is on its way")
    assert second.conversation_id == first.conversation_id and second.conversation.state == "waiting"


def test_a_colleague_who_wrote_first_opened_the_conversation(inbox):
    echo = {
        "to": "447700910000",
        "id": "wamid.e",
        "timestamp": "1772000300",
        "type": "text",
        "text": {"body": "Your parcel is here"},
    }
    receive(change(about() | {"message_echoes": [echo]}, "smb_message_echoes"))
    receive(message_call(said("wamid.1", "When can I fetch it?")))
    assert len({one.conversation_id for one in messages(inbox)}) == 1 and messages(inbox)[0].conversation.state == "open"


# --- How ours fare -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_behaviour_12_statuses_only_go_on_whatever_their_order(inbox, seed):
    receive(message_call(said("wamid.1")))
    waiting = reply(inbox)
    _calling(waiting)
    told = [status_call(Taken(str(waiting.send_key), "wamid.ours", {}), word) for word in ("sent", "delivered", "read")]
    die = random.Random(seed)
    told = told * 2
    die.shuffle(told)
    receive(*told)
    assert _now(waiting).state == "read" and _now(waiting).provider_id == "wamid.ours"


def test_behaviour_12_failed_is_the_end_and_says_why(inbox):
    receive(message_call(said("wamid.1")))
    waiting = reply(inbox)
    _calling(waiting)
    taken = Taken(str(waiting.send_key), "wamid.ours", {})
    errors = [{"code": 131026, "title": "Message undeliverable"}]
    receive(status_call(taken, "sent"), status_call(taken, "failed", errors=errors), status_call(taken, "delivered"))
    assert _now(waiting).state == "failed" and "no WhatsApp" in _now(waiting).reason


def test_a_status_proves_that_a_doubtful_sending_was_taken(inbox):
    receive(message_call(said("wamid.1")))
    waiting = reply(inbox)
    _calling(waiting, "unknown")
    receive(status_call(Taken(str(waiting.send_key), "wamid.ours", {}), "delivered"))
    assert _now(waiting).state == "delivered" and _now(waiting).provider_id == "wamid.ours"


def test_one_part_of_several_speaks_for_all_only_when_it_failed(inbox):
    receive(message_call(said("wamid.1")))
    waiting = reply(inbox)
    _calling(waiting, "unknown")
    first = Taken(f"{waiting.send_key}/1", "wamid.first", {})
    receive(status_call(first, "delivered"))
    assert _now(waiting).state == "unknown"
    receive(status_call(first, "failed", errors=[{"code": 131053}]))
    assert _now(waiting).state == "failed"


def test_a_status_without_our_key_waits_until_we_know_the_id(inbox):
    receive(message_call(said("wamid.1")))
    waiting = reply(inbox)
    receive(status_call(Taken("", "wamid.ours", {}), "delivered"))
    assert outcomes(inbox)["parked"] == 1
    _calling(waiting, "accepted")
    with acting_as(SYSTEM):
        parked = Parked.objects.get()
    taking_in.look_again(parked.receipt_id)
    assert _now(waiting).state == "delivered" and "parked" not in outcomes(inbox)


def test_a_status_of_somebody_elses_message_is_left(inbox):
    receive(status_call(Taken("another system", "wamid.theirs", {}), "sent"))
    assert outcomes(inbox) == {"ignored": 1}


def _calling(waiting: Delivery, state: str = "calling") -> None:
    """A call has begun, and its ledger says so; it may already be known, or doubtful, how it ended."""
    named = "wamid.ours" if state == "accepted" else ""
    with acting_as(SYSTEM):
        Delivery.objects.claim(waiting.pk, from_state="pending", to_state="sending")
        DeliveryAttempt.objects.create(
            delivery_id=waiting.pk, inbox_id=waiting.inbox_id, worker_key=1, body_sha256="", deadline=timezone.now(), state=state,
            provider_id=named,
        )  # fmt: skip
        if state == "unknown":
            Delivery.objects.claim(waiting.pk, from_state="sending", to_state="unknown")
        if named:
            Delivery.objects.claim(waiting.pk, from_state="sending", to_state="sent", provider_id=named)
            Message.objects.filter(pk=waiting.message_id).update(provider_id=named, published_at=timezone.now())


def _now(waiting: Delivery) -> Delivery:
    return Delivery.objects.using("owner").get(pk=waiting.pk)


# --- Files and templates -------------------------------------------------------------------------------------------------


def test_a_photo_is_fetched_into_our_own_storage(inbox, peer):
    pk = peer.keep(b"\x89PNG\r\n\x1a\n" + b"0" * 40, mime_type="image/png")
    receive(message_call(said("wamid.1", type="image", image={"id": pk, "mime_type": "image/png", "caption": "Broken"})))
    with acting_as(SYSTEM):
        file = Attachment.objects.get()
    assert file.state == "waiting" and file.size == 0
    peer.script["bytes"] = ["503"]
    with pytest.raises(Exception, match="503"):
        media.fetch(file.pk)
    media.fetch(file.pk)
    media.fetch(file.pk)
    with acting_as(SYSTEM):
        file = Attachment.objects.get()
    assert (file.state, file.content_type, file.size) == ("clean", "image/png", 48)
    with default_storage.open(file.key) as stream:
        assert stream.read() == peer.media[pk].content


def test_a_file_that_is_not_there_any_more_says_so(inbox, peer):
    receive(message_call(said("wamid.1", type="document", document={"id": "media-9", "filename": "../../a.pdf"})))
    with acting_as(SYSTEM):
        file = Attachment.objects.get()
    media.fetch(file.pk)
    with acting_as(SYSTEM):
        file = Attachment.objects.get()
    assert file.state == "refused" and file.scan_note and "/" not in file.name


def test_templates_are_the_ones_that_whatsapp_has(inbox, peer):
    body = {"type": "BODY", "text": "Hi {{1}}"}
    peer.templates = [{"name": f"t{n}", "language": "en_US", "status": "APPROVED", "components": [body]} for n in range(3)]
    templates.sync(inbox.pk)
    peer.templates = [peer.templates[0] | {"status": "PAUSED"}, peer.templates[2]]
    templates.sync(inbox.pk)
    with acting_as(SYSTEM):
        found = dict(Template.objects.values_list("name", "status"))
        assert Template.objects.get(name="t2").body == "Hi {{1}}"
    assert found == {"t0": "paused", "t1": "gone", "t2": "approved"}


def test_a_template_is_judged_by_a_webhook_and_an_unknown_one_is_fetched(inbox, peer):
    peer.templates = [{"name": "order_confirmation", "language": "en_US", "status": "PENDING", "components": []}]
    news = {"event": "APPROVED", "message_template_name": "order_confirmation", "message_template_language": "en_US"}
    receive(change(news, "message_template_status_update"))
    run_jobs()
    with acting_as(SYSTEM):
        assert Template.objects.get().status == "pending"
    rejected = copy.deepcopy(news) | {"event": "REJECTED"}
    receive(change(rejected, "message_template_status_update"))
    with acting_as(SYSTEM):
        assert Template.objects.get().status == "rejected"
