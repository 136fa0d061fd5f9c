"""The waiting drafts by why they wait: filters in the address, with counts; what waits too long comes first."""

from typing import Any

import pytest

from approvals import lanes, policy, queries
from approvals.lanes import Filters
from approvals.models import Draft
from tests.approvals.test_screens import waiting_draft
from tests.cast import Cast, conversation
from tests.house.world import owner_sql
from tests.sockets import signed_in

RULES = {
    "refund": [("refund", "Refunds are always reviewed"), ("below_line", "Below the line")],
    "legal": [("below_line", "Below the line"), ("legal", "Legal steps"), ("wants_person", "A person was asked for")],
    "below": [("below_line", "Below the line")],
    "none": [("no_answer", "Nothing in the knowledge base answers this")],
    "person": [("wants_person", "Asks for a person")],
    "attack": [("legal", "Legal steps"), ("attack", "The message tries to give the assistant orders")],
}


@pytest.fixture
def waiting(cast: Cast, db) -> dict[str, Draft]:
    """One draft for each of the rules, none of them late."""
    found = {}
    for name, rules in RULES.items():
        _, message = conversation(cast.orders, cast.cara, f"About {name}")
        facts: dict[str, Any] = {"text": "", "sentences": []} if name == "none" else {}
        found[name] = waiting_draft(message, **facts)
        owner_sql("UPDATE approvals_draft SET rules = %s::jsonb WHERE id = %s", as_json(rules), found[name].pk)
    return found


def as_json(rules: list[tuple[str, str]]) -> str:
    return "[" + ",".join(f'{{"code": "{code}", "label": "{label}"}}' for code, label in rules) + "]"


def make_late(draft: Draft, minutes: int = 16) -> None:
    owner_sql("UPDATE approvals_draft SET created_at = now() - make_interval(mins => %s) WHERE id = %s", minutes, draft.pk)


def in_lane(cast: Cast, lane: str, kind: str = "") -> list[int]:
    with cast.acting(cast.ana):
        return [draft.pk for draft in queries.stack(Filters(lane, kind))]


def test_every_draft_is_in_one_lane(cast: Cast, waiting: dict[str, Draft]) -> None:
    found = {lane: in_lane(cast, lane) for lane in lanes.NAMES}
    assert found[lanes.ALL] == [draft.pk for draft in waiting.values()]
    assert found[lanes.RULE] == [waiting["refund"].pk, waiting["legal"].pk]
    assert found[lanes.BELOW] == [waiting["below"].pk]
    assert found[lanes.NO_ANSWER] == [waiting["none"].pk]
    assert found[lanes.PERSON] == [waiting["person"].pk]
    assert found[lanes.SUSPICIOUS] == [waiting["attack"].pk]
    assert found[lanes.LATE] == []


def test_the_lane_of_rules_is_split_by_kind(cast: Cast, waiting: dict[str, Draft]) -> None:
    assert in_lane(cast, lanes.RULE, "legal") == [waiting["legal"].pk]


def test_counts_are_those_of_the_lanes(cast: Cast, waiting: dict[str, Draft]) -> None:
    make_late(waiting["below"])
    with cast.acting(cast.ana):
        counts = queries.counts()
    assert counts.lanes == {"all": 6, "late": 1, "rule": 2, "below": 1, "none": 1, "person": 1, "suspicious": 1}
    assert [(kind.code, kind.label, kind.count) for kind in counts.kinds] == [
        ("legal", "Legal steps", 1), ("refund", "Refunds are always reviewed", 1),
    ]  # fmt: skip


def test_what_waits_longer_than_its_inbox_allows_comes_first(cast: Cast, waiting: dict[str, Draft]) -> None:
    make_late(waiting["attack"], 14)
    assert in_lane(cast, lanes.LATE) == []
    make_late(waiting["attack"])
    make_late(waiting["none"], 40)
    owner_sql("UPDATE conversations_conversation SET priority = 1 WHERE id = %s", waiting["attack"].conversation_id)
    assert in_lane(cast, lanes.ALL)[:2] == [waiting["attack"].pk, waiting["none"].pk] == in_lane(cast, lanes.LATE)
    owner_sql("UPDATE conversations_inbox SET review_minutes = 30")
    assert in_lane(cast, lanes.LATE) == [waiting["none"].pk]


def test_the_page_has_the_lanes_with_their_counts_and_says_what_is_late(cast: Cast, waiting: dict[str, Draft]) -> None:
    make_late(waiting["below"])
    page = signed_in(cast.ana).get("/approvals/?lane=rule&kind=legal")
    html = page.content.decode()
    assert [item.pk for item in page.context["stack"]] == [waiting["legal"].pk]
    assert 'href="/approvals/?lane=late"' in html and "waits longer than it should" in html
    assert 'data-url="/approvals/sync/?lane=rule&amp;kind=legal"' in html
    assert page.context["draft"].pk == waiting["legal"].pk


def test_what_only_keeps_a_topic_from_going_by_itself_is_no_rule() -> None:
    assert {policy.UNEARNED.code, policy.STOPPED.code} < set(lanes.QUIET)


def test_an_unknown_lane_is_all_of_them(cast: Cast, waiting: dict[str, Draft]) -> None:
    page = signed_in(cast.ana).get("/approvals/?lane=everything&kind=x%27")
    assert page.status_code == 200 and len(page.context["stack"]) == 6


def test_after_a_decision_the_next_one_is_of_the_same_lane(cast: Cast, waiting: dict[str, Draft]) -> None:
    client = signed_in(cast.ana)
    first = waiting["refund"]
    values = {
        "action": "take_over",
        "version": first.version,
        "request_key": "0" * 31 + "1",
        "from": "approvals",
        "lane": "rule",
    }
    done = client.post(
        f"/drafts/{first.pk}/decisions/", values, headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    ).content.decode()
    assert f'data-decide="{waiting["legal"].pk}"' in done


def test_another_team_s_drafts_are_in_no_lane(cast: Cast, waiting: dict[str, Draft]) -> None:
    with cast.acting(cast.ben):
        assert queries.stack() == [] and queries.counts().lanes["all"] == 0
