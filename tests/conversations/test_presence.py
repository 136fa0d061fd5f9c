"""Who is here, and what he does: a hint that never shows one to himself and goes stale by itself."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contactcenter import timetable
from conversations import presence
from conversations.models import Presence
from core.models import LiveEvent
from tests.cast import Cast, conversation
from tests.house.world import owner_sql
from tests.sockets import signed_in


@pytest.fixture
def matter(cast: Cast):
    return conversation(cast.orders, cast.cara)[0]


def told() -> int:
    return LiveEvent.objects.using("owner").filter(topic="presence.changed").count()


def line(client, matter) -> str:
    return client.get(f"/conversations/{matter.pk}/presence/").content.decode()


def here(client, matter, doing: str = "viewing") -> int:
    return client.post(f"/conversations/{matter.pk}/presence/", {"doing": doing}, HTTP_X_BACKGROUND="1").status_code


def test_one_sees_the_others_and_never_oneself(cast: Cast, matter) -> None:
    ana, sam = signed_in(cast.ana), signed_in(cast.sam)
    assert here(ana, matter) == 204
    assert line(ana, matter).strip() == ""
    assert "Ana is here" in line(sam, matter)
    here(sam, matter, "noting")
    assert "Sam is writing a note" in line(ana, matter)
    assert 'data-say="Sam is writing a note"' in line(ana, matter)
    assert "Sam" not in line(sam, matter)


def test_somebody_who_only_looks_is_shown_and_not_announced(cast: Cast, matter) -> None:
    here(signed_in(cast.sam), matter)
    assert 'data-say=""' in line(signed_in(cast.ana), matter)


def test_screens_hear_only_of_what_is_new(cast: Cast, matter) -> None:
    ana = signed_in(cast.ana)
    for _ in range(3):
        here(ana, matter)
    assert told() == 1
    here(ana, matter, "replying")
    assert told() == 2
    owner_sql("UPDATE conversations_presence SET seen_at = now() - interval '2 minutes'")
    here(ana, matter, "replying")
    assert told() == 3


def test_leaving_is_heard_once(cast: Cast, matter) -> None:
    ana, sam = signed_in(cast.ana), signed_in(cast.sam)
    here(ana, matter)
    here(ana, matter, "gone")
    here(ana, matter, "gone")
    assert told() == 2
    assert line(sam, matter).strip() == ""


def test_who_says_nothing_for_a_minute_is_gone_and_the_screens_hear(cast: Cast, matter) -> None:
    ana, sam = signed_in(cast.ana), signed_in(cast.sam)
    here(ana, matter)
    here(sam, matter)
    owner_sql("UPDATE conversations_presence SET seen_at = now() - interval '61 seconds' WHERE user_id = %s", cast.ana.pk)
    assert line(sam, matter).strip() == ""
    timetable.forget_absent()
    assert list(Presence.objects.using("owner").values_list("user_id", flat=True)) == [cast.sam.pk]
    assert told() == 3
    assert presence.purge() == 0


def test_presence_is_no_activity_of_the_person(cast: Cast, matter) -> None:
    ana = signed_in(cast.ana)
    before = dict(ana.session.items())
    here(ana, matter)
    assert dict(ana.session.items()) == before


def test_where_one_may_not_look_one_is_not_present_and_sees_nobody(cast: Cast, matter) -> None:
    here(signed_in(cast.ana), matter)
    ben = signed_in(cast.ben)
    assert here(ben, matter) == 404
    assert ben.get(f"/conversations/{matter.pk}/presence/").status_code == 404
    assert Presence.objects.using("owner").count() == 1


def test_nonsense_is_refused_and_changes_nothing(cast: Cast, matter) -> None:
    assert here(signed_in(cast.ana), matter, "dancing") == 422
    assert not Presence.objects.using("owner").exists()


def test_a_beat_is_a_handful_of_queries(cast: Cast, matter) -> None:
    ana = signed_in(cast.ana)
    here(ana, matter)
    with CaptureQueriesContext(connection) as queries:
        here(ana, matter)
    assert len(queries) < 30
