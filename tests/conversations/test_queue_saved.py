"""Saved views: kept, found again, put in order, shared as far as the role goes, and never lost."""

import pytest
from django.test import Client

from conversations.models import SavedView, Tag
from tests.cast import Cast
from tests.conversations.test_queue_search import page_of, shown
from tests.conversations.test_queue_views import matter
from tests.sockets import signed_in


@pytest.fixture
def sam(cast: Cast) -> Client:
    return signed_in(cast.sam)


def kept(client: Client, name: str, query: str = "view=mine", scope: str = "") -> SavedView:
    assert client.post("/queue/views/new/", {"name": name, "query": query, "scope": scope}).status_code == 302
    return SavedView.objects.using("owner").get(name=name)


def test_the_filters_on_screen_are_kept_under_a_name_and_found_again(ana: Client, cast: Cast) -> None:
    right, _ = matter(cast, priority=2, assignee=cast.ana), matter(cast, assignee=cast.ana)
    assert "Priority: Urgent" in ana.get("/queue/views/?view=mine&priority=2").content.decode()
    answer = ana.post("/queue/views/new/", {"name": "Hot", "query": "view=mine&priority=2&nonsense=1"})
    made = SavedView.objects.using("owner").get()
    assert (made.query, made.scope, made.owner_id) == ("view=mine&priority=2", "personal", cast.ana.pk)
    page = ana.get(answer["Location"]).content.decode()
    assert shown(page) == [right.pk]
    assert '<h2 id="list-h" class="truncate">Hot</h2>' in page and page.count('aria-current="page"') >= 1
    assert f"/queue/?view=mine&amp;priority=2&amp;saved={made.pk}" in page_of(ana)


def test_a_view_is_renamed_moved_and_removed(ana: Client) -> None:
    first, second = kept(ana, "First"), kept(ana, "Second")
    ana.post(f"/queue/views/{second.pk}/place/", {"up": "1"})
    page = page_of(ana)
    assert page.index(">Second<") < page.index(">First<")
    ana.post(f"/queue/views/{second.pk}/place/", {"up": "1"})
    ana.post(f"/queue/views/{second.pk}/place/", {"down": "1"})
    ana.post(f"/queue/views/{first.pk}/name/", {"name": "Erste"})
    page = page_of(ana)
    assert page.index(">Erste<") < page.index(">Second<") and ">First<" not in page
    ana.post(f"/queue/views/{first.pk}/removal/")
    assert [one.name for one in SavedView.objects.using("owner").all()] == ["Second"]


def test_a_view_needs_a_name_and_what_was_chosen_stays(ana: Client) -> None:
    answer = ana.post("/queue/views/new/", {"name": "  ", "query": "view=mine&priority=2"})
    assert answer.status_code == 422
    assert "Give the view a name." in answer.content.decode() and "Priority: Urgent" in answer.content.decode()
    assert not SavedView.objects.using("owner").exists()


def test_an_agent_keeps_views_for_herself_alone(ana: Client, cast: Cast) -> None:
    for scope in ("global", f"team-{cast.orders_team.pk}", "team-x"):
        assert ana.post("/queue/views/new/", {"name": "X", "query": "view=mine", "scope": scope}).status_code == 422
    assert not SavedView.objects.using("owner").exists()
    mine = kept(ana, "Ana's own")
    sam = signed_in(cast.sam)
    assert "Ana&#x27;s own" not in page_of(sam)
    for path in ("name", "place", "removal"):
        assert sam.post(f"/queue/views/{mine.pk}/{path}/", {"name": "stolen"}).status_code == 404
    assert SavedView.objects.using("owner").get().name == "Ana's own"


def test_a_supervisor_shares_with_a_team_and_with_everybody(ana: Client, sam: Client, cast: Cast) -> None:
    team = kept(sam, "For orders", scope=f"team-{cast.orders_team.pk}")
    everybody = kept(sam, "For all", scope="global")
    assert (team.team_id, everybody.owner_id, everybody.team_id) == (cast.orders_team.pk, None, None)
    ben = page_of(signed_in(cast.ben))
    assert "For orders" in page_of(ana) and "For all" in page_of(ana)
    assert "For orders" not in ben and "For all" in ben
    for shared in (team, everybody):
        for path in ("name", "place", "removal"):
            assert ana.post(f"/queue/views/{shared.pk}/{path}/", {"name": "stolen", "up": "1"}).status_code == 404
    assert {one.name for one in SavedView.objects.using("owner").all()} == {"For orders", "For all"}
    assert 'value="global"' not in ana.get("/queue/views/?view=mine").content.decode()
    assert sam.post("/queue/views/new/", {"name": "X", "query": "", "scope": f"team-{cast.app_team.pk}"}).status_code == 422


def test_a_view_whose_tag_is_gone_says_so_and_is_kept_as_it_is(ana: Client, cast: Cast) -> None:
    tag = Tag.objects.using("owner").create(name="guarantee", hue=1)
    made = kept(ana, "Guarantee", f"view=open&tag={tag.pk}")
    matter(cast)
    Tag.objects.using("owner").all().delete()
    page = page_of(ana, view="open", tag=str(tag.pk), saved=str(made.pk))
    assert "This saved view asks for something that is not there. It is kept as it is." in page
    assert "Tag: no longer there" in page and shown(page) == []
    listed = ana.get("/queue/views/").content.decode()
    assert "Guarantee" in listed and "Tag: no longer there" in listed and "Nothing was changed" in listed
    assert SavedView.objects.using("owner").get().query == f"view=open&tag={tag.pk}"


def test_a_view_of_another_time_says_what_it_does_not_understand(ana: Client, cast: Cast) -> None:
    SavedView.objects.using("owner").create(name="Old", query="view=gone&channel=fax&priority=2", scope="global")
    right, _ = matter(cast, priority=2), matter(cast)
    address = page_of(ana).split('id="nav-saved"')[1].split('class="nav__item" href="')[1].split('"')[0].replace("&amp;", "&")
    page = ana.get(address).content.decode()
    assert "Channel “fax” is not known" in page and "View “gone” is not known" in page
    assert shown(page) == [right.pk]
