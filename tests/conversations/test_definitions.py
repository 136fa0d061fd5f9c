"""What admins define: tags, attributes, canned replies, how inboxes work and whom work is given to; and what goes when one goes."""

import pytest
from django.test import Client

from accounts.models import User
from conversations.models import AttributeType, CannedReply, Conversation, ConversationTag, Customer, Inbox, SavedView, Tag
from core.context import acting_as
from core.models import AuditEvent
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_screens import owned
from tests.sockets import signed_in


@pytest.fixture
def ada(cast: Cast) -> Client:
    return signed_in(cast.ada)


def events() -> list[str]:
    return list(AuditEvent.objects.using("owner").order_by("pk").values_list("event", flat=True))


def test_a_tag_is_made_once_whatever_its_case(ada: Client) -> None:
    assert ada.post("/admin/conversations/tag/add/", {"name": "Returns", "hue": 3}).status_code == 302
    again = ada.post("/admin/conversations/tag/add/", {"name": " returns ", "hue": 4})
    assert "There is a tag of this name already" in again.content.decode()
    assert [(one.name, one.hue) for one in Tag.objects.using("owner").all()] == [("Returns", 3)]
    assert events()[-1] == "tag.kept"


def test_removing_a_tag_first_says_what_uses_it_and_then_takes_it_off(ada: Client, cast: Cast) -> None:
    tag, other = (Tag.objects.using("owner").create(name=name) for name in ("returns", "vip"))
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        for one in (tag, other):
            ConversationTag.objects.create(conversation=matter, inbox=cast.orders, tag_id=one.pk)
    SavedView.objects.using("owner").create(name="R", query=f"tag={tag.pk}&view=open", scope="personal", owner=cast.ana)
    CannedReply.objects.using("owner").create(
        name="M", shortcut="m", texts={"": "x"}, actions=[{"do": "tag", "tags": [tag.pk]}], scope="global"
    )
    asked = ada.get(f"/admin/conversations/tag/{tag.pk}/delete/").content.decode()
    assert "1 conversation loses this tag." in asked and "1 saved view asks for it" in asked and "1 macro adds it" in asked
    assert Tag.objects.using("owner").filter(pk=tag.pk).exists()
    assert ada.post(f"/admin/conversations/tag/{tag.pk}/delete/", {"post": "yes"}).status_code == 302
    assert [one.tag_id for one in ConversationTag.objects.using("owner").all()] == [other.pk]
    assert not Tag.objects.using("owner").filter(pk=tag.pk).exists() and "tag.removed" in events()


def test_removing_an_attribute_says_that_the_values_stay(ada: Client, cast: Cast) -> None:
    form = {"of": "customer", "label": "Plan", "key": "plan", "kind": "choice", "options": "Free\nPaid\n", "position": 0}
    assert ada.post("/admin/conversations/attributetype/add/", form).status_code == 302
    made = owned(AttributeType, key="plan")
    assert made.choices == ["Free", "Paid"]
    with acting_as(SYSTEM):
        Customer.objects.filter(pk=cast.cara.pk).update(attributes={"plan": "Free"})
    asked = ada.get(f"/admin/conversations/attributetype/{made.pk}/delete/").content.decode()
    assert "Values of 1 customers stay stored" in asked
    ada.post(f"/admin/conversations/attributetype/{made.pk}/delete/", {"post": "yes"})
    assert owned(Customer, pk=cast.cara.pk).attributes == {"plan": "Free"}


def test_a_list_without_choices_is_refused(ada: Client) -> None:
    form = {"of": "customer", "label": "Plan", "key": "plan", "kind": "choice", "options": " ", "position": 0}
    assert "Give at least one choice" in ada.post("/admin/conversations/attributetype/add/", form).content.decode()
    assert not AttributeType.objects.using("owner").exists()


def test_canned_replies_are_a_team_s_or_everybody_s_and_what_is_somebody_s_own_is_not_shown(ada: Client, cast: Cast) -> None:
    mine = CannedReply.objects.using("owner").create(
        name="Own", shortcut="o", texts={"": "x"}, scope="personal", owner=cast.ana
    )
    form = {
        "name": "Greeting",
        "shortcut": "hi",
        "text": "Hello {{ customer.first_name | there }}",
        "scope": "team",
        "team": "",
    }
    page = "/admin/conversations/cannedreply/"
    assert "Choose the team whose it is" in ada.post(f"{page}add/", form).content.decode()
    assert ada.post(f"{page}add/", form | {"team": cast.orders_team.pk}).status_code == 302
    made = owned(CannedReply, shortcut="hi")
    assert (made.texts, made.team_id) == ({"": "Hello {{ customer.first_name | there }}"}, cast.orders_team.pk)
    assert "Own" not in ada.get(page).content.decode()
    assert ada.get(f"{page}{mine.pk}/change/").status_code == 302
    wrong = ada.post(f"{page}add/", form | {"text": "{{ customer.shoe }}", "scope": "global", "shortcut": "w"})
    assert (
        "There is no variable" in wrong.content.decode()
        and not CannedReply.objects.using("owner").filter(shortcut="w").exists()
    )


def test_an_inbox_says_how_long_reviews_may_wait_when_it_reopens_and_who_gets_new_work(ada: Client, cast: Cast) -> None:
    page = f"/admin/conversations/inbox/{cast.orders.pk}/change/"
    form = {
        "name": "Orders", "address": "", "knowledge_base": cast.base.pk, "serving": [cast.orders_team.pk], "threshold": "0.85",
        "undo_seconds": 5, "first_reply_minutes": 60, "review_minutes": 20, "reopen_days": 7, "distribution": "load",
        "secrets-TOTAL_FORMS": 0, "secrets-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert ada.post(page, form).status_code == 302
    fresh = owned(Inbox, pk=cast.orders.pk)
    assert (fresh.review_minutes, fresh.reopen_days, fresh.distribution) == (20, 7, "load")


def test_who_is_set_to_away_gives_his_work_back(ada: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=matter.pk).update(assignee=cast.ana)
    form = {
        "name": "Ana Cast", "email": cast.ana.email, "timezone": "UTC", "role": "agent", "is_active": "on",
        "teams": [cast.orders_team.pk], "availability": "away", "capacity": 7,
    }  # fmt: skip
    assert ada.post(f"/admin/accounts/user/{cast.ana.pk}/change/", form).status_code == 302
    fresh = owned(User, pk=cast.ana.pk)
    assert (fresh.availability, fresh.capacity) == ("away", 7)
    assert owned(Conversation, pk=matter.pk).assignee_id is None


@pytest.mark.parametrize("who", ["ana", "sam"])
def test_staff_have_no_such_pages(cast: Cast, who: str) -> None:
    for noun in ("tag", "attributetype", "cannedreply"):
        assert signed_in(getattr(cast, who)).get(f"/admin/conversations/{noun}/").status_code == 403
