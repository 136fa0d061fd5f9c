"""A second matter gets a conversation of its own, and can be put back."""

import random
from contextlib import suppress

import pytest

from approvals.models import Draft
from conversations import customer_merging, merging, queries, splitting
from conversations.models import Attachment, Conversation, Customer, Event, Mention, Message, Split
from core.context import Actor, acting_as
from core.models import AuditEvent
from tests.build import arrives, run_jobs
from tests.cast import SYSTEM, Cast, conversation, inbound


def owned(model, **of):
    return model.objects.using("owner").get(**of)


def texts(cast: Cast, pk: int) -> list[str]:
    with cast.acting(cast.ana):
        return [one.text for one in queries.messages(Conversation.objects.get(pk=pk))]


def split_off(cast: Cast, source: Conversation, first: Message) -> Split:
    with cast.acting(cast.ana):
        return splitting.split(Conversation.objects.get(pk=source.pk), first.pk, by=cast.ana)


def put_back(cast: Cast, made: Split) -> Conversation:
    with cast.acting(cast.ana):
        return splitting.rejoin(Split.objects.get(pk=made.pk), by=cast.ana)


@pytest.fixture
def two_matters(cast: Cast) -> tuple[Conversation, Message]:
    """A conversation whose second message, with a file and a mention hanging on it, is about something else; it has a draft."""
    matter, _ = conversation(cast.orders, cast.cara, "Where is my tent?")
    second = arrives(cast.orders, "By the way, how do I return a stove?", conversation=matter.pk).message
    with acting_as(SYSTEM):
        common = {"conversation": matter, "inbox_id": matter.inbox_id, "message": second}
        Attachment.objects.create(**common, name="stove.jpg", content_type="image/jpeg", size=1, sha256="0", key="k1")
        Mention.objects.create(**common, user=cast.sam, by=cast.ana)
    run_jobs()
    return matter, second


def test_messages_move_with_their_files_mentions_and_drafts(cast: Cast, two_matters) -> None:
    matter, second = two_matters
    draft = owned(Draft, in_reply_to=second.pk)
    made = split_off(cast, matter, second)
    target = made.target_id
    assert texts(cast, matter.pk) == ["Where is my tent?"]
    assert texts(cast, target)[0] == "By the way, how do I return a stove?"
    assert owned(Attachment, name="stove.jpg").conversation_id == target
    assert owned(Mention, user=cast.sam.pk).conversation_id == target
    assert owned(Draft, pk=draft.pk).conversation_id == target
    assert made.moved == [one.pk for one in Message.objects.using("owner").filter(conversation=target).order_by("pk")]
    fresh = owned(Conversation, pk=target)
    assert (fresh.inbox_id, fresh.customer_id) == (matter.inbox_id, cast.cara.pk)
    assert fresh.subject == "By the way, how do I return a stove?"
    for pk in (matter.pk, target):
        assert AuditEvent.objects.using("owner").filter(event=Event.CONVERSATION_SPLIT, subject_id=pk).count() == 1


def test_putting_back_brings_everything_home_and_the_number_leads_there(cast: Cast, two_matters) -> None:
    matter, second = two_matters
    before = texts(cast, matter.pk)
    made = split_off(cast, matter, second)
    put_back(cast, made)
    assert texts(cast, matter.pk) == before
    assert owned(Attachment, name="stove.jpg").conversation_id == matter.pk
    gone = owned(Conversation, pk=made.target_id)
    assert (gone.merged_into_id, gone.state) == (matter.pk, "resolved")
    assert owned(Conversation, pk=matter.pk).state == "open"
    with pytest.raises(splitting.CannotSplit, match="already"):
        put_back(cast, made)


def test_after_the_customer_wrote_there_both_stay(cast: Cast, two_matters) -> None:
    matter, second = two_matters
    made = split_off(cast, matter, second)
    arrives(cast.orders, "Well?", conversation=made.target_id)
    with pytest.raises(splitting.CannotSplit, match="has written"):
        put_back(cast, made)
    assert texts(cast, matter.pk) == ["Where is my tent?"]


def test_the_first_message_stays(cast: Cast) -> None:
    matter, first = conversation(cast.orders, cast.cara)
    with pytest.raises(splitting.CannotSplit, match="first message"):
        split_off(cast, matter, first)
    assert Conversation.objects.using("owner").count() == 1


def test_a_message_of_another_conversation_is_not_split_off(cast: Cast, two_matters) -> None:
    matter, _ = two_matters
    other, theirs = conversation(cast.app, cast.dan, "The app crashes")
    with pytest.raises(splitting.CannotSplit):
        split_off(cast, matter, theirs)
    assert owned(Message, pk=theirs.pk).conversation_id == other.pk


def test_nobody_but_the_system_moves_a_message(cast: Cast, two_matters) -> None:
    matter, second = two_matters
    other, _ = conversation(cast.orders, cast.cara)
    for actor in (Actor.of(cast.fresh(cast.ana)), Actor.of(cast.fresh(cast.sam)), Actor.customer(cast.cara.pk)):
        with pytest.raises(Exception, match="permission denied"), acting_as(actor):
            Message.objects.filter(pk=second.pk).update(conversation=other)
    assert owned(Message, pk=second.pk).conversation_id == matter.pk


class World:
    """Two customers' conversations, shuffled by every verb of this page in any order."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.dice = cast, random.Random(seed)
        for who in (cast.cara, cast.dan):
            for number in range(3):
                matter, _ = conversation(cast.orders, who, f"{who.name} {number}")
                inbound(matter, f"{who.name} {number} more")
        self.app, _ = conversation(cast.app, cast.dan, "App words")

    def step(self) -> None:
        acts = (self.merge, self.merge, self.separate, self.split, self.rejoin, self.one_person, self.two_people, self.write)
        refused = (merging.CannotMerge, splitting.CannotSplit, customer_merging.CannotMerge)
        with suppress(*refused), self.cast.acting(self.cast.ana):
            self.dice.choice(acts)()

    def any(self, model, **of):
        return self.dice.choice(list(model.objects.filter(**of)) or [None])

    def merge(self) -> None:
        merging.merge(self.any(Conversation), self.any(Conversation), by=self.cast.ana)

    def separate(self) -> None:
        merging.separate(self.any(Conversation), by=self.cast.ana)

    def split(self) -> None:
        message = self.any(Message)
        splitting.split(message.conversation, message.pk, by=self.cast.ana)

    def rejoin(self) -> None:
        made = self.any(Split)
        if made:
            splitting.rejoin(made, by=self.cast.ana)

    def one_person(self) -> None:
        a, b = self.cast.cara, self.cast.dan
        other, into = (a, b) if self.dice.random() < 0.5 else (b, a)
        customer_merging.merge(
            Customer.objects.get(pk=other.pk), Customer.objects.get(pk=into.pk), by=self.cast.ana, scope=self.cast.orders.pk
        )

    def two_people(self) -> None:
        chosen = Customer.objects.get(pk=self.dice.choice([self.cast.cara.pk, self.cast.dan.pk]))
        customer_merging.separate(chosen, by=self.cast.ana, scope=self.cast.orders.pk)

    def write(self) -> None:
        matter = self.any(Conversation)
        if self.dice.random() < 0.3:
            arrives(self.cast.orders, f"{matter.customer.name} again", conversation=matter.pk)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_merged_split_and_undone_every_message_is_in_one_thread_and_nobody_sees_more(cast: Cast, seed: int) -> None:
    world = World(cast, seed)
    for _ in range(30):
        world.step()
        rows = {one.pk: one for one in Conversation.objects.using("owner").all()}
        assert all(rows[one.merged_into_id].merged_into_id is None for one in rows.values() if one.merged_into_id)
    everything = sorted(Message.objects.using("owner").filter(inbox=cast.orders.pk).values_list("pk", flat=True))
    with cast.acting(cast.ana):
        threads = [queries.messages(one) for one in Conversation.objects.filter(merged_into=None)]
    assert sorted(message.pk for told in threads for message in told) == everything
    for who in (cast.cara, cast.dan):
        with acting_as(Actor.customer(who.pk), read_only=True):
            seen = set(Message.objects.values_list("text", flat=True))
        mine = {text for text in seen if text.startswith(who.name)} | ({"App words"} if who == cast.dan else set())
        assert seen == mine
    with cast.acting(cast.ana):
        assert not Message.objects.filter(text="App words").exists()
    with cast.acting(cast.ben):
        assert list(Message.objects.values_list("text", flat=True)) == ["App words"]
