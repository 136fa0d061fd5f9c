"""Figures in words. No database."""

from dataclasses import replace

import pytest

from dashboards.queries import (
    Answers,
    Carried,
    Desk,
    Figures,
    Lane,
    Oldest,
    Operations,
    Outcome,
    Review,
    Work,
)
from dashboards.tiles import ENOUGH, NONE, Tile, groups, span

QUIET = Desk(Work(), None, Review(), Carried(), Answers(), Outcome())
BUSY = Desk(
    work=Work(open=37, unowned=9, waiting=31, overdue=2, soon=6),
    oldest=Oldest(conversation=7, customer="Oluwaseun Adeyemi", seconds=41 * 60 + 59, is_over=True),
    review=Review(waiting=4, everywhere=5, oldest_seconds=150),
    carried=Carried(failed=2, held=1),
    answers=Answers(count=70, by_itself=43, median_seconds=14, p90_seconds=3 * 3600 + 20 * 60),
    outcome=Outcome(as_written=14, edited=3, rejected=2, taken_over=1),
)
IDLE = Operations({})


def tiles(desk: Desk | None, operations: Operations = IDLE, inbox: int | None = None) -> dict[str, Tile]:
    return {tile.name: tile for group in groups(Figures(desk, operations), inbox) for tile in group.tiles}


def said(tile: Tile) -> str:
    return f"{tile.figure} {tile.unit}|{tile.person or tile.note}"


def test_a_busy_desk_in_words() -> None:
    assert {name: said(tile) for name, tile in tiles(BUSY).items() if not name.startswith(("lane", "dead", "retry"))} == {
        "open": "37 |9 without an owner",
        "waiting": "31 |of 37 open",
        "oldest": "41 min|Oluwaseun Adeyemi",
        "overdue": "2 |6 more due within 15 min",
        "review": "4 |oldest 2 min",
        "undelivered": "3 |2 failed today, 1 to check",
        "auto": "61 %|43 of 70 first answers",
        "written": "70 %|14 of 20 drafts decided",
        "edited": "15 %|3 of 20 drafts decided",
        "unused": "15 %|2 rejected, 1 taken over",
        "median": "14 s|of 70, by AI or a person",
        "p90": "3 h 20 min|of 70, by AI or a person",
    }


def test_a_quiet_desk_says_that_nobody_waits() -> None:
    found = tiles(QUIET)
    assert said(found["open"]) == "0 |nothing to do"
    assert said(found["overdue"]) == "0 |none due within 15 min"
    assert said(found["waiting"]) == "0 |nobody waits"
    assert said(found["oldest"]) == f"{NONE} |nobody waits"
    assert said(found["review"]) == "0 |nothing to decide"
    assert said(found["undelivered"]) == "0 |no reply is stuck"
    assert not [tile for tile in found.values() if tile.is_alert]


@pytest.mark.parametrize("count", range(ENOUGH))
def test_a_share_of_too_few_is_no_figure(count: int) -> None:
    few = replace(QUIET, answers=Answers(count, count, 3.0, 9.0), outcome=Outcome(as_written=count))
    found = tiles(few)
    assert said(found["auto"]) == f"{NONE} |Too little data yet, {count} of 5 needed"
    assert said(found["written"]) == f"{NONE} |Too little data yet, {count} of 5 needed"
    assert said(found["median"]) == said(found["p90"]) == f"{NONE} |Too little data yet, {count} of 5 needed"
    assert found["auto"].share is None


def test_from_five_on_a_share_is_a_figure_and_a_bar() -> None:
    found = tiles(replace(QUIET, answers=Answers(5, 2, 3.0, 9.0)))
    assert said(found["auto"]) == "40 %|2 of 5 first answers" and found["auto"].share == 40
    assert said(found["p90"]) == "9 s|of 5, by AI or a person"


def test_only_trouble_is_red() -> None:
    jobs = Operations({"draft": Lane(due=3, oldest_seconds=61), "send": Lane(due=1, oldest_seconds=60)}, dead=1, dead_seconds=5)
    assert {name for name, tile in tiles(BUSY, jobs).items() if tile.is_alert} == {
        *("oldest", "overdue", "undelivered", "lane-draft", "dead")
    }
    in_time = replace(BUSY, oldest=replace(BUSY.oldest, is_over=False))
    assert not tiles(in_time)["oldest"].is_alert


def test_each_tile_leads_to_the_list_behind_it() -> None:
    found = tiles(BUSY)
    assert found["open"].url == found["waiting"].url == found["overdue"].url == "/queue/?view=open"
    assert found["oldest"].url == "/conversations/7/"
    assert found["review"].url == found["written"].url == "/approvals/"
    assert found["auto"].url == found["median"].url == "/queue/?view=waiting"


def test_dead_letters_are_a_list_for_admins_only() -> None:
    assert tiles(None)["dead"].url == "/admin/core/deadletter/?state__exact=open"
    assert tiles(BUSY)["dead"].url == ""


def test_a_filter_leads_to_the_list_of_that_inbox() -> None:
    found = tiles(BUSY, inbox=3)
    assert found["open"].url == "/queue/?view=open&inbox=3"
    assert found["review"].url == "/queue/?view=review&inbox=3"


def test_an_admin_has_the_tiles_of_operations_and_no_other() -> None:
    assert list(tiles(None)) == ["lane-ingest", "lane-draft", "lane-send", "lane-bulk", "retrying", "dead"]


def test_lanes_in_words() -> None:
    jobs = Operations({"draft": Lane(due=3, oldest_seconds=12.9, retrying=1)}, dead=2, dead_seconds=7200)
    found = tiles(None, jobs)
    assert said(found["lane-draft"]) == "12 s|oldest of 3 waiting"
    assert said(found["lane-send"]) == f"{NONE} |nothing is waiting"
    assert said(found["retrying"]).startswith("1 |")
    assert said(found["dead"]) == "2 |oldest 2 h"
    assert said(tiles(None)["dead"]) == "0 |none failed for good"


def test_a_mark_changes_with_anything_printed_and_with_nothing_else() -> None:
    before, same = tiles(BUSY), tiles(BUSY)
    after = tiles(replace(BUSY, work=replace(BUSY.work, soon=7)))
    assert [tile.mark for tile in before.values()] == [tile.mark for tile in same.values()]
    assert {name for name in before if before[name].mark != after[name].mark} == {"overdue"}
    assert len({tile.mark for tile in before.values()}) == len(before)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((-3, "0 s"), (0.4, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (5400, "1 h 30 min")),
        *((86399, "23 h 59 min"), (86400, "1 d"), (187200, "2 d 4 h")),
    ],
)
def test_spans(seconds: float, words: str) -> None:
    assert " ".join(span(seconds)) == words
