"""What is written and not yet sent, and every way in which it must not go: unread, twice, to the wrong people, or at all."""

import random
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from approvals.snapshots import snapshot
from contactcenter import timetable
from conversations import assignment, delivery, keeping
from conversations.models import ComposerText, Conversation, Delivery, Inbox, Message
from core.context import acting_as
from intake.links import conversation_token
from tests.build import run_jobs
from tests.cast import SYSTEM, Cast, conversation, inbound
from tests.conversations.test_screens import HX, owned
from tests.house.world import owner_sql
from tests.sockets import signed_in


@pytest.fixture
def mail(cast: Cast) -> Inbox:
    """The orders inbox, by e-mail."""
    owner_sql("UPDATE conversations_inbox SET channel = 'email', address = 'help@shop.example' WHERE slug = 'web'")
    owner_sql("UPDATE conversations_inbox SET address = 'app@shop.example' WHERE slug = 'app'")
    return Inbox.objects.using("owner").get(slug="web")


def reply(text: str, **more) -> dict:
    return {"mode": "reply", "text": text, "client_key": str(uuid.uuid4())} | more


def says(client: Client, pk: int, said: dict):
    return client.post(f"/conversations/{pk}/messages/", said, **HX)


def keeps(client: Client, pk: int, text: str, **more):
    return client.post(f"/conversations/{pk}/composer/", {"mode": "reply", "text": text} | more)


def sent() -> list[str]:
    return list(Message.objects.using("owner").filter(direction="out").order_by("pk").values_list("text", flat=True))


# --- Notes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_switched_posted_and_tried_again_a_note_never_leaves(ana: Client, cast: Cast, seed: int) -> None:
    """A page may be as confused as it likes: words kept or posted as a note reach no customer, no delivery and no assistant."""
    found, _ = conversation(cast.orders, cast.cara)
    dice, secrets, keys = random.Random(seed), [f"secret {seed} {n}" for n in range(3)], [str(uuid.uuid4()) for _ in range(2)]
    noted: set[str] = set()
    for _ in range(14):
        text, key = dice.choice(secrets), dice.choice(keys)
        step = dice.choice(("keep", "note", "reply", "mixed", "innocent"))
        if step == "keep":
            keeps(ana, found.pk, text, mode="note", client_key=key)
            noted.add(text)
        elif step == "note":
            noted.add(text)
            says(ana, found.pk, {"mode": "note", "text": text, "client_key": key})
        elif step == "reply" and text in noted:
            assert says(ana, found.pk, reply(f" {text}\n", client_key=key)).status_code in (200, 409, 422)
        elif step == "mixed":
            assert says(ana, found.pk, reply(text, client_key=key, written_as="note")).status_code in (200, 409, 422)
        else:
            says(ana, found.pk, reply(f"Hello {dice.random()}", client_key=key))
    run_jobs()
    out = sent()
    assert not [text for text in out if any(secret in text for secret in secrets)]
    carried = Delivery.objects.using("owner").values_list("message__direction", flat=True)
    assert set(carried) <= {"out"}
    shown = Client().get(f"/c/{conversation_token(found.pk)}/").content.decode()
    assert "Where is my order?" in shown
    with acting_as(SYSTEM):
        newest = Message.objects.filter(direction="in").latest("pk")
        told = str(snapshot(Conversation.objects.get(pk=found.pk), newest))
    assert not any(secret in shown + told for secret in secrets)


def test_a_note_posted_under_the_key_of_a_sent_reply_is_kept_and_stays_private(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    key = str(uuid.uuid4())
    says(ana, found.pk, reply("On its way.", client_key=key))
    says(ana, found.pk, {"mode": "note", "text": "She is cross", "client_key": key})
    says(ana, found.pk, {"mode": "note", "text": "She is cross", "client_key": key})
    assert sent() == ["On its way."]
    assert owned(Message, direction="note").text == "She is cross"


def test_words_of_a_note_are_refused_as_a_reply_and_say_why(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    keeps(ana, found.pk, "She is cross", mode="note")
    answer = says(ana, found.pk, reply("She  is cross "))
    assert answer.status_code == 422 and "private note" in answer.content.decode()
    assert not sent() and owned(ComposerText, mode="note").text == "She is cross"


def test_reply_and_note_are_two_texts(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    keeps(ana, found.pk, "Dear Cara")
    keeps(ana, found.pk, "Ask Ben", mode="note")
    says(ana, found.pk, {"mode": "note", "text": "Ask Ben", "client_key": str(uuid.uuid4())})
    assert [kept.text for kept in ComposerText.objects.using("owner").all()] == ["Dear Cara"]
    page = ana.get(f"/conversations/{found.pk}/").content.decode()
    assert 'data-reply="Dear Cara" data-note=""' in page


# --- Keeping -----------------------------------------------------------------------------------------------------------


def test_text_caret_and_recipients_are_kept_and_come_back_on_any_device(cast: Cast, mail: Inbox) -> None:
    found, _ = conversation(mail, cast.cara)
    kept = keeps(
        signed_in(cast.ana), found.pk, "Half a sentence", caret=4, to=["cara@customer.example"], cc=["boss@firm.example"]
    )
    assert kept.status_code == 204 and kept["Kept-Version"]
    page = signed_in(cast.ana).get(f"/conversations/{found.pk}/").content.decode()
    assert ">Half a sentence</textarea>" in page and 'data-reply-caret="4"' in page and "boss@firm.example" in page
    assert f'data-reply-since="{kept["Kept-Version"]}"' in page


def test_what_others_do_leaves_it_alone(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    keeps(ana, found.pk, "Half a sentence")
    keeps(signed_in(cast.sam), found.pk, "Sam's own")
    with cast.acting(cast.sam):
        matter = Conversation.objects.get(pk=found.pk)
        assignment.assign(matter, to=cast.sam, by=cast.sam)
        assignment.resolve(matter, by=cast.sam)
        assignment.reopen(matter, by=cast.sam)
    inbound(found, "And another thing")
    assert owned(ComposerText, user_id=cast.ana.pk).text == "Half a sentence"


def test_an_older_window_does_not_overwrite_and_is_told(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    first = keeps(ana, found.pk, "One", since="")["Kept-Version"]
    second = keeps(ana, found.pk, "One and two", since=first)["Kept-Version"]
    older = keeps(ana, found.pk, "One or three", since=first)
    assert older.status_code == 409 and "another window" in older.content.decode() and "One and two" in older.content.decode()
    assert owned(ComposerText).text == "One and two"
    assert keeps(ana, found.pk, "One or three", since=second).status_code == 204
    assert owned(ComposerText).text == "One or three"


def test_of_two_windows_that_begin_at_the_same_time_the_second_is_told(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    assert keeps(ana, found.pk, "Mine", since="").status_code == 204
    assert keeps(ana, found.pk, "Also mine", since="").status_code == 409
    assert keeps(ana, found.pk, "Mine", since="").status_code == 204, "the same words are no conflict"


def test_a_save_that_comes_after_the_sending_keeps_nothing(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    said = reply("On its way.")
    version = keeps(ana, found.pk, "On its way", since="")["Kept-Version"]
    says(ana, found.pk, said)
    assert keeps(ana, found.pk, "On its way.", since=version, client_key=said["client_key"]).status_code == 204
    assert not ComposerText.objects.using("owner").exists()
    assert keeps(ana, found.pk, "On its way", since=version).status_code == 409, "another window is told that it was sent"


def test_after_thirty_idle_days_it_is_forgotten(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    keeps(ana, found.pk, "Old")
    owner_sql("UPDATE conversations_composertext SET changed_at = now() - interval '31 days'")
    keeps(ana, found.pk, "New", mode="note")
    timetable.forget_idle_texts()
    assert [kept.text for kept in ComposerText.objects.using("owner").all()] == ["New"]


def test_other_words_under_a_key_that_is_used_up_are_neither_sent_nor_lost(ana: Client, cast: Cast) -> None:
    """The answer to the first was lost, and the writer went on."""
    found, _ = conversation(cast.orders, cast.cara)
    said = reply("On its way.")
    says(ana, found.pk, said)
    assert keeps(ana, found.pk, "On its way. It is blue.", client_key=said["client_key"]).status_code == 204
    answer = says(ana, found.pk, said | {"text": "On its way. It is blue."})
    assert answer.status_code == 409 and "has been sent already" in answer.content.decode()
    assert sent() == ["On its way."] and owned(ComposerText).text == "On its way. It is blue."
    key = answer.content.decode().split('id="composer-key" value="')[1].split('"')[0]
    assert says(ana, found.pk, reply("It is blue.", client_key=key)).status_code == 200


# --- What the writer had seen ------------------------------------------------------------------------------------------


def test_of_two_who_press_send_at_the_same_moment_the_second_sees_the_first(cast: Cast) -> None:
    found, first = conversation(cast.orders, cast.cara)
    both, outcomes = threading.Barrier(2), {}

    def press(user) -> None:
        try:
            with cast.acting(user):
                matter = Conversation.objects.get(pk=found.pk)
                both.wait()
                delivery.reply(
                    matter, f"By {user.name}", by=user, client_key=uuid.uuid4(), seen=first.pk, ownership=matter.ownership
                )
            outcomes[user.pk] = "sent"
        except delivery.StaleReply as stale:
            outcomes[user.pk] = stale.newer[0].text
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(user,)) for user in (cast.ana, cast.sam)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent()) == 1
    assert sorted(outcomes.values()) == sorted(["sent", sent()[0]])


def test_a_question_answers_only_for_what_it_showed(ana: Client, cast: Cast) -> None:
    found, first = conversation(cast.orders, cast.cara)
    second = inbound(found, "Forget that.")
    said = reply("On its way.", seen=first.pk)
    held = says(ana, found.pk, said)
    assert held.status_code == 409 and f'name="shown" value="{second.pk}"' in held.content.decode()
    inbound(found, "No, do not.")
    again = says(ana, found.pk, said | {"confirm": "1", "shown": second.pk, "shown_ownership": found.ownership})
    assert again.status_code == 409 and "No, do not." in again.content.decode() and "Forget that." not in again.content.decode()
    assert not sent()


def test_who_was_passed_over_is_asked(ana: Client, cast: Cast) -> None:
    found, first = conversation(cast.orders, cast.cara)
    page = ana.get(f"/conversations/{found.pk}/").content.decode()
    number = page.split('id="composer-ownership" value="')[1].split('"')[0]
    with cast.acting(cast.sam):
        assignment.assign(Conversation.objects.get(pk=found.pk), to=cast.sam, by=cast.sam)
    said = reply("On its way.", seen=first.pk, ownership=number)
    held = says(ana, found.pk, said)
    assert held.status_code == 409 and "Sam Cast has this conversation now." in held.content.decode()
    shown = held.content.decode().split('name="shown_ownership" value="')[1].split('"')[0]
    answered = says(ana, found.pk, said | {"confirm": "1", "shown": first.pk, "shown_ownership": shown})
    assert answered.status_code == 200 and sent() == ["On its way."]


# --- Undo --------------------------------------------------------------------------------------------------------------


def test_taking_back_restores_text_caret_and_recipients_on_any_device(cast: Cast, mail: Inbox) -> None:
    found, _ = conversation(mail, cast.cara)
    ana = signed_in(cast.ana)
    said = reply("Too fast", caret=3, addressed="1", to=["cara@customer.example"], cc=["boss@firm.example"])
    assert "Sending to" in says(ana, found.pk, said).content.decode()
    message = owned(Message, direction="out")
    assert message.recipients == {"to": ["cara@customer.example"], "cc": ["boss@firm.example"]}
    answer = ana.post(f"/messages/{message.pk}/recall/", **HX).content.decode()
    assert ">Too fast</textarea>" in answer and 'data-reply-caret="3"' in answer and "data-focus" in answer
    elsewhere = signed_in(cast.ana).get(f"/conversations/{found.pk}/").content.decode()
    assert ">Too fast</textarea>" in elsewhere and "boss@firm.example" in elsewhere and 'data-reply-caret="3"' in elsewhere
    run_jobs()
    assert owned(Delivery).state == "recalled"


def test_what_is_written_since_stays_behind_what_is_taken_back(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    says(ana, found.pk, reply("Too fast"))
    keeps(ana, found.pk, "Something new")
    ana.post(f"/messages/{owned(Message, direction='out').pk}/recall/", **HX)
    assert owned(ComposerText).text == "Too fast\n\nSomething new"


def test_too_late_to_take_back_says_so_and_changes_nothing(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    says(ana, found.pk, reply("Gone"))
    run_jobs()
    answer = ana.post(f"/messages/{owned(Message, direction='out').pk}/recall/", **HX)
    assert "Already with the channel" in answer.content.decode()
    assert owned(Delivery).state == "sent" and not ComposerText.objects.using("owner").exists()


# --- Beside the message -----------------------------------------------------------------------------------------------


def test_send_and_resolve_does_both(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    assert says(ana, found.pk, reply("Done.", resolve="1")).status_code == 200
    assert sent() == ["Done."] and owned(Conversation, pk=found.pk).state == "resolved"


def test_send_and_snooze_does_both(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    assert says(ana, found.pk, reply("I ask the workshop.", snooze="1")).status_code == 200
    now = owned(Conversation, pk=found.pk)
    assert sent() == ["I ask the workshop."] and now.state == "snoozed" and now.snoozed_until > timezone.now()
    run_jobs(rounds=3)
    assert owned(Conversation, pk=found.pk).state == "snoozed"


def test_a_refused_reply_resolves_nothing(ana: Client, cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    assert says(ana, found.pk, reply("Hello {{ customer.place }}", resolve="1")).status_code == 422
    assert owned(Conversation, pk=found.pk).state == "open" and not sent()


def test_kept_texts_are_their_writers_own(cast: Cast) -> None:
    found, _ = conversation(cast.orders, cast.cara)
    with cast.acting(cast.ana):
        mine = keeping.Typed("reply", "Private")
        keeping.keep(Conversation.objects.get(pk=found.pk), mine, by=cast.ana, since=None)
    with cast.acting(cast.sam):
        assert not ComposerText.objects.exists()
    assert timezone.now() - owned(ComposerText).changed_at < timedelta(minutes=1)
