"""The figures from known rows, for each who may look, and for those who may not."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.context import Actor, acting_as
from dashboards import queries
from dashboards.queries import Answers, Carried, Desk, Figures, Lane, Oldest, Outcome, Work
from tests.cast import Cast
from tests.dashboards.rows import ago, answered, dead_letter, decided, delivery, draft, inbound, job, matter
from tests.house.world import owner_sql
from tests.sockets import signed_in


def seen_by(cast: Cast, user, inbox: int | None = None) -> Figures:
    user = cast.fresh(user)
    with acting_as(Actor.of(user), read_only=True):
        return queries.figures(user, queries.today(user), inbox)


def desk_of(cast: Cast, user, inbox: int | None = None) -> Desk:
    found = seen_by(cast, user, inbox).desk
    assert found is not None
    return found


@pytest.fixture
def app_supervisor(cast: Cast):
    """Ben as the supervisor of the app inbox, beside Sam who has orders."""
    owner_sql("UPDATE accounts_user SET role = 'supervisor' WHERE id = %s", cast.ben.pk)
    return cast.fresh(cast.ben)


@pytest.fixture
def midday(cast: Cast) -> Iterator[None]:
    """The viewer's zone in which it is about noon now, so that no row of the last hours falls into yesterday."""
    hours = 12 - timezone.now().hour
    # Etc/GMT signs are the other way round: Etc/GMT-3 is three hours east.
    owner_sql("UPDATE accounts_user SET timezone = %s", f"Etc/GMT{-hours:+d}" if hours else "UTC")
    for name in ("ana", "ben", "sam", "ada"):
        setattr(cast, name, cast.fresh(getattr(cast, name)))
    yield


def test_open_waiting_overdue_and_soon(cast: Cast) -> None:
    matter(cast, cast.orders, began=ago(hours=2), due=ago(minutes=1))
    matter(cast, cast.orders, began=ago(hours=1), due=ago(minutes=-14))
    matter(cast, cast.orders, began=ago(minutes=5), due=ago(minutes=-55))
    owned = matter(cast, cast.orders, began=ago(hours=5))
    owner_sql("UPDATE conversations_conversation SET assignee_id = %s WHERE id = %s", cast.sam.pk, owned.pk)
    matter(cast, cast.orders, began=ago(hours=5), due=ago(hours=4), state="waiting")
    assert desk_of(cast, cast.sam).work == Work(open=4, unowned=3, waiting=3, overdue=1, soon=1)


def test_the_oldest_wait_counts_from_the_first_message_that_nothing_answered(cast: Cast) -> None:
    matter(cast, cast.orders, began=ago(minutes=20), due=ago(minutes=-40))
    long = matter(cast, cast.orders, began=ago(hours=9), due=ago(minutes=-10))
    answered(long, at=ago(hours=8), by=cast.ana)
    inbound(long, at=ago(minutes=50))
    inbound(long, at=ago(minutes=2))
    found = desk_of(cast, cast.sam).oldest
    assert found is not None
    assert (found.conversation, found.customer, found.is_over) == (long.pk, "Cara Cast", False)
    assert 50 * 60 <= found.seconds < 51 * 60


def test_an_answer_inside_its_undo_window_answers_nothing_yet(cast: Cast) -> None:
    made = matter(cast, cast.orders, began=ago(minutes=30), due=ago(minutes=5))
    answered(made, at=None, by=cast.ana)
    found = desk_of(cast, cast.sam).oldest
    assert isinstance(found, Oldest) and found.is_over and found.seconds >= 30 * 60


def test_nobody_waits(cast: Cast) -> None:
    matter(cast, cast.orders, began=ago(hours=1))
    assert desk_of(cast, cast.sam).oldest is None


def test_drafts_wait_since_they_came_into_review(cast: Cast) -> None:
    for minutes in (3, 12):
        made = matter(cast, cast.orders, began=ago(hours=1))
        draft(made, waiting_since=ago(minutes=minutes))
    draft(matter(cast, cast.orders, began=ago(hours=1)), waiting_since=None)
    found = desk_of(cast, cast.sam).review
    assert (found.waiting, found.everywhere) == (2, 2)
    assert found.oldest_seconds is not None and 12 * 60 <= found.oldest_seconds < 13 * 60


def test_failed_counts_for_a_day_and_held_until_somebody_looks(cast: Cast, midday: None) -> None:
    for state, moment in (
        ("failed", ago(minutes=1)), ("failed", ago(days=1)), ("held", ago(days=3)), ("held", ago(minutes=3)),
    ):  # fmt: skip
        made = matter(cast, cast.orders, began=ago(days=4))
        delivery(answered(made, at=None, by=cast.ana), cast.orders, state, changed=moment)
    assert desk_of(cast, cast.sam).carried == Carried(failed=1, held=2)


def test_first_answers_of_today_whoever_gave_them(cast: Cast, midday: None) -> None:
    """Five answered after 10, 20, 30, 40 and 100 s: two by AI itself, one by AI after a review, two by a person."""
    for seconds, who in (
        (10, {}), (20, {}), (30, {"reviewed_by": cast.ana}), (40, {"by": cast.ana}), (100, {"by": cast.sam}),
    ):  # fmt: skip
        began = ago(hours=1)
        made = matter(cast, cast.orders, began=began, state="waiting")
        answered(made, at=began + timedelta(seconds=seconds), **who)
        answered(made, at=began + timedelta(minutes=40), by=cast.ana)
    found = desk_of(cast, cast.sam).answers
    assert (found.count, found.by_itself) == (5, 2)
    assert found.median_seconds == pytest.approx(30, abs=0.01)
    assert found.p90_seconds == pytest.approx(76, abs=0.01)


def test_what_was_answered_before_today_is_not_a_first_answer_again(cast: Cast, midday: None) -> None:
    old = matter(cast, cast.orders, began=ago(days=3))
    answered(old, at=ago(days=2), by=cast.ana)
    answered(old, at=ago(minutes=5), by=cast.ana)
    late = matter(cast, cast.orders, began=ago(days=1))
    answered(late, at=ago(minutes=5), by=cast.ana)
    unpublished = matter(cast, cast.orders, began=ago(minutes=9))
    answered(unpublished, at=None, by=cast.ana)
    found = desk_of(cast, cast.sam).answers
    assert found.count == 1 and found.median_seconds == pytest.approx(86400 - 300, abs=2)


def test_the_last_decision_of_a_draft_counts_and_one_taken_back_does_not(cast: Cast, midday: None) -> None:
    for actions in (["approve"], ["edit"], ["reject"], ["take_over"], ["approve", "undo"], ["approve", "undo", "edit"]):
        made = matter(cast, cast.orders, began=ago(hours=1))
        pk = draft(made, waiting_since=None)
        for action in actions:
            decided(made, pk, action, cast.sam)
    made = matter(cast, cast.orders, began=ago(days=2))
    decided(made, draft(made, waiting_since=None), "approve", cast.sam, at=ago(days=1))
    assert desk_of(cast, cast.sam).outcome == Outcome(as_written=1, edited=2, rejected=1, taken_over=1)


def test_jobs_and_dead_letters(cast: Cast) -> None:
    job(cast.orders, "draft", due=ago(seconds=90))
    job(cast.orders, "draft", due=ago(seconds=10), attempts=2)
    job(cast.orders, "send", due=ago(hours=-1))
    job(cast.orders, "send", due=ago(hours=1), state="done")
    dead_letter(cast.orders, at=ago(hours=3))
    dead_letter(cast.orders, at=ago(hours=30), state="redriven")
    found = seen_by(cast, cast.sam).operations
    assert (found.lanes["draft"].due, found.lanes["draft"].retrying, found.dead) == (2, 1, 1)
    assert found.lanes["draft"].oldest_seconds == pytest.approx(90, abs=5)
    assert found.lanes["send"] == found.lanes["ingest"] == Lane()
    assert found.dead_seconds == pytest.approx(3 * 3600, abs=5)


@pytest.fixture
def two_rooms(cast: Cast, midday: None) -> Cast:
    """The same of everything: once in orders, twice in the app inbox."""
    for inbox, times in ((cast.orders, 1), (cast.app, 2)):
        for _ in range(times):
            made = matter(cast, inbox, began=ago(hours=2), due=ago(hours=1))
            waiting = matter(cast, inbox, began=ago(hours=1))
            draft(waiting, waiting_since=ago(minutes=4))
            done = matter(cast, inbox, began=ago(hours=1), state="waiting")
            delivery(answered(done, at=ago(minutes=30)), inbox, "failed", changed=ago(minutes=1))
            decided(made, draft(made, waiting_since=None), "approve", cast.sam)
            job(inbox, "draft", due=ago(minutes=1))
            dead_letter(inbox, at=ago(hours=1))
    return cast


def numbers(found: Figures) -> list[int]:
    desk = found.desk
    assert desk is not None
    return [
        *(desk.work.open // 2, desk.work.overdue, desk.review.waiting, desk.review.everywhere, desk.carried.failed),
        *(desk.answers.count, desk.answers.by_itself, desk.outcome.decided, found.operations.lanes["draft"].due),
        found.operations.dead,
    ]


def test_a_supervisor_counts_his_teams_inboxes_and_no_other(two_rooms: Cast, app_supervisor) -> None:
    assert numbers(seen_by(two_rooms, two_rooms.sam)) == [1] * 10
    assert numbers(seen_by(two_rooms, app_supervisor)) == [2] * 10
    oldest = desk_of(two_rooms, app_supervisor).oldest
    assert oldest is not None and oldest.customer == "Dan Cast"


def test_a_supervisor_of_both_counts_both_and_may_look_at_one(two_rooms: Cast) -> None:
    owner_sql("INSERT INTO accounts_membership (user_id, team_id) VALUES (%s, %s)", two_rooms.sam.pk, two_rooms.app_team.pk)
    assert numbers(seen_by(two_rooms, two_rooms.sam)) == [3] * 10
    only = seen_by(two_rooms, two_rooms.sam, two_rooms.app.pk)
    assert only.desk is not None and only.desk.review.everywhere == 3
    assert [n for n in numbers(only) if n != 3] == [2] * 9


def test_a_filter_by_a_foreign_inbox_shows_nothing_foreign(two_rooms: Cast) -> None:
    assert desk_of(two_rooms, two_rooms.sam, two_rooms.app.pk).work == Work()
    page = signed_in(two_rooms.sam).get("/dashboards/", {"inbox": two_rooms.app.pk}).content.decode()
    assert figure(page, "overdue") == "1" and "Dan Cast" not in page


def test_an_admin_counts_jobs_of_the_whole_house_and_not_one_conversation(two_rooms: Cast) -> None:
    found = seen_by(two_rooms, two_rooms.ada)
    assert found.desk is None
    assert (found.operations.lanes["draft"].due, found.operations.dead) == (3, 3)
    page = signed_in(two_rooms.ada).get("/dashboards/")
    text = page.content.decode()
    assert page.status_code == 200 and "Admins see how the system runs" in text
    assert 'id="tile-open"' not in text and "Cara" not in text and "Dan" not in text
    assert figure(text, "dead") == "3"


@pytest.mark.parametrize("path", ["/dashboards/", "/dashboards/tiles/"])
def test_agents_may_not_look(two_rooms: Cast, path: str) -> None:
    for agent in (two_rooms.ana, two_rooms.ben):
        answer = signed_in(agent).get(path)
        assert answer.status_code == 403 and "tile" not in answer.content.decode()


def test_a_stranger_is_sent_to_sign_in(db) -> None:
    answer = Client().get("/dashboards/?inbox=1")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=%2Fdashboards%2F%3Finbox%3D1")


def figure(page: str, name: str) -> str:
    found = re.search(rf'id="tile-{name}".*?<b class="tile__v">(.*?)</b>', page, re.S)
    assert found, f"no tile {name}"
    return re.sub(r"<[^>]+>", "", found.group(1)).strip()


def test_the_page_prints_what_was_counted(two_rooms: Cast) -> None:
    page = signed_in(two_rooms.sam).get("/dashboards/").content.decode()
    shown = {name: figure(page, name) for name in ("open", "waiting", "overdue", "review", "undelivered", "auto", "dead")}
    assert shown == {"open": "2", "waiting": "1", "overdue": "1", "review": "1", "undelivered": "1", "auto": "–", "dead": "1"}
    assert "Too little data yet, 1 of 5 needed" in page
    assert "<bdi>Cara Cast</bdi>" in page and "2 h" in figure(page, "oldest")


@pytest.mark.parametrize("asked", ["x", "-1", "9" * 30, "1; DROP", "", "💥"])
def test_an_inbox_that_makes_no_sense_is_left_out(two_rooms: Cast, asked: str) -> None:
    page = signed_in(two_rooms.sam).get("/dashboards/", {"inbox": asked})
    assert page.status_code == 200 and figure(page.content.decode(), "overdue") == "1"


def test_a_name_is_shown_as_text(cast: Cast) -> None:
    matter(cast, cast.orders, began=ago(hours=1), due=ago(minutes=5))
    owner_sql("UPDATE conversations_customer SET name = '<script>alert(1)</script>'")
    page = signed_in(cast.sam).get("/dashboards/").content.decode()
    assert "<script>alert" not in page and "<bdi>&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("rows", [1, 40])
def test_the_page_costs_the_same_however_much_there_is(cast: Cast, midday: None, rows: int) -> None:
    for _ in range(rows):
        made = matter(cast, cast.orders, began=ago(hours=2), due=ago(hours=1))
        answered(made, at=ago(minutes=30), by=cast.ana)
        draft(made, waiting_since=ago(minutes=4))
    for user, expected in ((cast.sam, 10), (cast.ada, 3)):
        client = signed_in(user)
        with CaptureQueriesContext(connection) as asked:
            client.get("/dashboards/")
        mine = [one["sql"] for one in asked if re.search("conversations_|approvals_|core_|pg_snapshot", one["sql"])]
        assert len(mine) == expected, "the live number, the inboxes to filter by, and one statement for each figure"


def test_today_is_the_viewer_s_day_and_the_page_names_it(cast: Cast) -> None:
    owner_sql("UPDATE accounts_user SET timezone = 'Pacific/Auckland' WHERE id = %s", cast.sam.pk)
    with time_machine.travel("2026-11-24T12:30:05Z", tick=False):
        day = queries.today(cast.fresh(cast.sam))
        assert (day.start.isoformat(), day.end.isoformat()) == ("2026-11-25T00:00:00+13:00", "2026-11-26T00:00:00+13:00")


def test_the_page_names_the_day_the_zone_and_the_moment(cast: Cast) -> None:
    owner_sql("UPDATE accounts_user SET timezone = 'Asia/Kolkata' WHERE id = %s", cast.sam.pk)
    page = signed_in(cast.fresh(cast.sam)).get("/dashboards/").content.decode()
    here = timezone.now().astimezone(queries.today(cast.fresh(cast.sam)).zone)
    assert f"{here:%A} {here.day} {here:%B}, Asia/Kolkata" in page
    assert re.search(rf"As of <time[^>]*>{here:%H:}\d\d:\d\d</time>", page)


def test_a_day_in_which_clocks_change_has_the_hours_it_has(cast: Cast) -> None:
    owner_sql("UPDATE accounts_user SET timezone = 'Europe/Berlin' WHERE id = %s", cast.sam.pk)
    with time_machine.travel("2026-10-25T08:00:00Z", tick=False):
        day = queries.today(cast.fresh(cast.sam))
    assert day.end.timestamp() - day.start.timestamp() == 25 * 3600


@pytest.mark.parametrize("zone", ["Middle/Earth", "", "../../etc/passwd", "\x00"])
def test_a_zone_that_does_not_exist_reads_as_utc(cast: Cast, zone: str) -> None:
    cast.sam.timezone = zone
    assert queries.today(cast.sam).zone_name == "UTC"


def test_only_tiles_that_changed_are_sent(cast: Cast) -> None:
    client = signed_in(cast.sam)
    page = client.get("/dashboards/").content.decode()
    marks = re.findall(r'data-mark="(\w+)"', page)
    assert len(marks) == len(set(marks)) == 18
    same = client.get("/dashboards/tiles/", {"have": ",".join(marks)}).content.decode()
    assert "tile-" not in same and "#as-of" in same and "#late" in same and "#seq" in same
    matter(cast, cast.orders, began=ago(minutes=1), due=ago(hours=-3))
    after = client.get("/dashboards/tiles/", {"have": ",".join(marks)}).content.decode()
    assert set(re.findall(r' id="tile-([\w-]+)"', after)) == {"open", "waiting", "oldest"}


def test_a_page_that_was_away_equals_a_fresh_one(two_rooms: Cast) -> None:
    client = signed_in(two_rooms.sam)
    page, caught_up = client.get("/dashboards/"), client.get("/dashboards/tiles/", {"after": "1", "open": ""})
    tiles = [
        re.findall(r'class="tile(?: is-alert)?" id=.*?</(?:a|div)>', one.content.decode(), re.S) for one in (page, caught_up)
    ]
    assert len(tiles[0]) == 18 and tiles[0] == tiles[1]


def test_a_late_answer_about_another_inbox_finds_no_place(two_rooms: Cast) -> None:
    client = signed_in(two_rooms.sam)
    parts = client.get("/dashboards/tiles/", {"inbox": two_rooms.orders.pk}).content.decode()
    assert f'hx-target="#tiles[data-inbox=&quot;{two_rooms.orders.pk}&quot;] #tile-open"' in parts
    assert 'hx-target="#tiles[data-inbox=&quot;&quot;] #tile-open"' in client.get("/dashboards/tiles/").content.decode()


def test_looking_is_looking(cast: Cast) -> None:
    client = signed_in(cast.sam)
    assert client.post("/dashboards/").status_code == client.post("/dashboards/tiles/").status_code == 405


def test_a_supervisor_without_an_inbox_is_told_why_there_is_nothing(cast: Cast) -> None:
    owner_sql("DELETE FROM accounts_membership WHERE user_id = %s", cast.sam.pk)
    page = signed_in(cast.fresh(cast.sam)).get("/dashboards/").content.decode()
    assert "Your teams serve no inbox yet" in page and figure(page, "open") == "0"


def test_no_figure_reads_what_is_not_of_today(cast: Cast) -> None:
    """A year of answers and decisions in the table: the plans go by the index on the day."""
    made = matter(cast, cast.orders, began=ago(days=365), due=ago(hours=1))
    pk = draft(made, waiting_since=None)
    owner_sql(
        """INSERT INTO conversations_message (conversation_id, inbox_id, customer_id, direction, author, text, language,
             confidence, citations, provider_id, client_key, published_at, created_at)
           SELECT %s, %s, %s, 'out', 'assistant', 'words', '', 0.9, '[]', '', gen_random_uuid(), at, at
             FROM generate_series(now() - interval '365 days', now() - interval '2 days', interval '1 hour') at""",
        made.pk, cast.orders.pk, cast.cara.pk,
    )  # fmt: skip
    owner_sql(
        """INSERT INTO approvals_decision (draft_id, conversation_id, inbox_id, action, by_id, reason, comment, edit_distance,
             draft_version, request_key, created_at)
           SELECT %s, %s, %s, 'approve', %s, '', '', 0, 1, gen_random_uuid(), at
             FROM generate_series(now() - interval '365 days', now() - interval '2 days', interval '1 hour') at""",
        pk, made.pk, cast.orders.pk, cast.sam.pk,
    )  # fmt: skip
    owner_sql("ANALYZE conversations_message, approvals_decision")
    plans = plans_of(cast, ("ANSWERS", "OUTCOME", "OLDEST"))
    assert "message_answered" in plans["ANSWERS"] and "decision_inbox_day" in plans["OUTCOME"]
    assert not [name for name, plan in plans.items() if re.search("Seq Scan on (conversations_message|approvals_dec)", plan)]
    assert desk_of(cast, cast.sam).answers == Answers() and desk_of(cast, cast.sam).outcome == Outcome()


def plans_of(cast: Cast, names: tuple[str, ...]) -> dict[str, str]:
    user, found = cast.fresh(cast.sam), {}
    day = queries.today(user)
    asked = {"start": day.start, "end": day.end, "inbox": None, "soon": 15}
    with acting_as(Actor.of(user), read_only=True), connection.cursor() as cursor:
        for name in names:
            cursor.execute("EXPLAIN " + getattr(queries, name), asked)
            found[name] = "\n".join(line for (line,) in cursor.fetchall())
    return found
