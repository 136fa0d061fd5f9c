"""Naming colleagues in a note: once, where they may look, followed from then on, seen when opened."""

import uuid

import pytest
from django.test import Client

from accounts.models import Membership, Team, User
from conversations import delivery, mentions
from conversations.consumers import mention_frame
from conversations.mention_words import marked, spoken_to
from conversations.models import Follower, Mention, Message
from conversations.queries import message as read_message
from core.context import acting_as
from core.models import AuditEvent, LiveEvent
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_screens import HX
from tests.sockets import signed_in


def noted(cast: Cast, matter, text: str, key: uuid.UUID | None = None) -> Message:
    with cast.acting(cast.ana):
        return delivery.note(matter, text, by=cast.fresh(cast.ana), client_key=key or uuid.uuid4())


def named() -> list[tuple[int, int | None]]:
    return sorted(Mention.objects.using("owner").values_list("user_id", "team_id"))


@pytest.fixture
def matter(cast: Cast):
    return conversation(cast.orders, cast.cara)[0]


def hears(user: User) -> int:
    return LiveEvent.objects.using("owner").filter(topic="person.mentioned", groups__contains=[f"user.{user.pk}"]).count()


def test_a_person_named_in_a_note_hears_once_and_follows(cast: Cast, matter) -> None:
    key = uuid.uuid4()
    message = noted(cast, matter, "@Sam Cast can you look? Really, @Sam Cast.", key)
    noted(cast, matter, "@Sam Cast can you look? Really, @Sam Cast.", key)
    assert named() == [(cast.sam.pk, None)]
    assert hears(cast.sam) == 1 and hears(cast.ana) == 0
    assert list(Follower.objects.using("owner").values_list("user_id", flat=True)) == [cast.sam.pk]
    event = AuditEvent.objects.using("owner").get(event="person.mentioned")
    assert event.subject_id == matter.pk
    assert event.facts == {"message": message.pk, "people": [cast.sam.pk]}


def test_a_first_name_that_one_person_has_is_enough(cast: Cast, matter) -> None:
    noted(cast, matter, "(@sam) please")
    assert named() == [(cast.sam.pk, None)]


def test_a_first_name_that_two_people_have_is_nobody_in_particular(cast: Cast, matter) -> None:
    other = User(email="sam2@cast.example", name="Sam Other", role="agent")
    other.save(using="owner")
    Membership.objects.using("owner").create(user=other, team=cast.orders_team)
    noted(cast, matter, "@Sam please")
    assert named() == []
    noted(cast, matter, "@Sam Other please")
    assert named() == [(other.pk, None)]


def test_a_team_is_each_of_its_people_but_the_writer(cast: Cast, matter) -> None:
    noted(cast, matter, "@Orders who has the key?")
    assert named() == [(cast.sam.pk, cast.orders_team.pk)]


def test_one_named_in_person_and_by_his_team_hears_once(cast: Cast, matter) -> None:
    noted(cast, matter, "@Orders, and @Sam Cast most of all")
    assert named() == [(cast.sam.pk, None)]
    assert hears(cast.sam) == 1


def test_mentioning_oneself_does_nothing(cast: Cast, matter) -> None:
    noted(cast, matter, "@Ana Cast remember this")
    assert named() == []
    assert not AuditEvent.objects.using("owner").filter(event="person.mentioned").exists()


def test_who_cannot_see_the_conversation_is_not_told_and_the_writer_is_warned_before(cast: Cast, matter) -> None:
    listed = signed_in(cast.ana).get(f"/conversations/{matter.pk}/mentions/").content.decode()
    assert 'data-name="Ben Cast" data-blind' in listed and "cannot see this conversation" in listed
    assert 'data-name="Sam Cast">' in listed
    noted(cast, matter, "@Ben Cast and @App should not hear of it")
    assert named() == []
    assert hears(cast.ben) == 0
    assert not Follower.objects.using("owner").exists()


def test_those_who_left_admins_and_the_writer_are_not_offered(cast: Cast, matter) -> None:
    listed = signed_in(cast.ana).get(f"/conversations/{matter.pk}/mentions/").content.decode()
    assert not any(name in listed for name in ("Mallory", "Ada Cast", "Ana Cast"))


def test_the_list_of_a_conversation_that_one_may_not_see_is_not_there(cast: Cast, matter) -> None:
    client = signed_in(cast.ben)
    hidden = client.get(f"/conversations/{matter.pk}/mentions/")
    missing = client.get("/conversations/999999/mentions/")
    assert hidden.status_code == missing.status_code == 404


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Sam Cast", ["Sam Cast"]),
        ("@sam cast!", ["Sam Cast"]),
        ("write to sam@Sam.example", []),
        ("@Samantha", []),
        ("@Sam Castle", ["Sam"]),
        ("@Nobody knows", []),
        ("@@Sam", []),
        ("x@Sam", []),
        ("-@Sam", []),
        ("@Sam,@Sam Cast", ["Sam", "Sam Cast"]),
        ("@", []),
        ("@İSam @Sam", ["Sam"]),
    ],
)
def test_what_an_at_sign_means(text: str, found: list[str]) -> None:
    assert spoken_to(text, ["Sam", "Sam Cast"]) == found


def test_names_are_marked_in_the_note_and_nothing_else_becomes_markup(cast: Cast, matter) -> None:
    noted(cast, matter, "@Sam Cast <b>see</b> @Nobody")
    page = signed_in(cast.sam).get(f"/conversations/{matter.pk}/").content.decode()
    assert '<span class="mention">@Sam Cast</span> &lt;b&gt;see&lt;/b&gt; @Nobody' in page
    assert marked("a@Sam &amp;", ["Sam"]) == "a@Sam &amp;"


def test_opening_the_conversation_marks_it_seen(cast: Cast, matter) -> None:
    noted(cast, matter, "@Sam Cast look")
    sam: Client = signed_in(cast.sam)
    sam.get(f"/conversations/{matter.pk}/", **HX)
    assert Mention.objects.using("owner").get().seen_at is None
    assert sam.post(f"/conversations/{matter.pk}/presence/", {"doing": "viewing"}).status_code == 204
    assert Mention.objects.using("owner").get().seen_at is not None
    seen = LiveEvent.objects.using("owner").get(topic="mentions.seen")
    assert seen.groups == [f"user.{cast.sam.pk}"]


def test_somebody_else_who_opens_it_marks_nothing(cast: Cast, matter) -> None:
    noted(cast, matter, "@Sam Cast look")
    signed_in(cast.ana).post(f"/conversations/{matter.pk}/presence/", {"doing": "viewing"})
    assert Mention.objects.using("owner").get().seen_at is None


def test_the_notice_leads_to_the_message_and_says_who(cast: Cast, matter) -> None:
    message = noted(cast, matter, "@Sam Cast look")
    with acting_as(SYSTEM):
        frame = mention_frame(read_message(message.pk))
    assert f'href="/conversations/{matter.pk}/#msg-{message.pk}"' in frame
    assert "Ana mentioned you in “Where is my order?”." in frame


def test_a_note_never_reaches_the_customer_or_the_transcript(cast: Cast, matter) -> None:
    message = noted(cast, matter, "@Sam Cast the customer is difficult")
    assert Message.objects.using("owner").get(pk=message.pk).published_at is None
    groups = LiveEvent.objects.using("owner").filter(ref=message.pk).values_list("groups", flat=True)
    assert not any(group.startswith("customer.") for found in groups for group in found)


def test_teams_without_anybody_are_not_offered(cast: Cast, matter) -> None:
    Team.objects.using("owner").create(name="Empty")
    with cast.acting(cast.ana):
        assert "Empty" not in [one.name for one in mentions.offered(matter, by=cast.ana)]
