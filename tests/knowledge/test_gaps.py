"""Questions that nothing answers: gathered, ranked, written, dismissed, forgotten."""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.db import ProgrammingError

from core.claims import LostClaim
from core.context import acting_as
from knowledge import gaps, proposals
from knowledge.models import Gap, Proposal, Question
from tests.cast import SYSTEM, Cast

SHOES = ["Do you repair hiking shoes?", "Can you repair my hiking shoes?", "Is it possible to get hiking shoes repaired?"]
GIFTS = ["Can I pay with a gift card in the shop?", "Do shops take gift cards?"]


def ask(cast: Cast, text: str, source: str, customer: int | None = None) -> Gap | None:
    return gaps.note(cast.base.pk, text, source, cast.orders.pk, customer)


def all_gaps() -> list[Gap]:
    return list(Gap.objects.using("owner").order_by("-count", "pk"))


@pytest.fixture
def asked(cast: Cast) -> Cast:
    for number, text in enumerate([SHOES[0], GIFTS[0], SHOES[1], GIFTS[1], SHOES[2]]):
        ask(cast, text, f"draft:{number}", cast.cara.pk if number in (1, 4) else cast.dan.pk)
    return cast


def test_questions_of_one_kind_are_one_gap_and_the_most_asked_comes_first(asked: Cast) -> None:
    first, second = all_gaps()
    assert (first.count, second.count) == (3, 2)
    assert first.title in SHOES and second.title in GIFTS
    with asked.acting(asked.sam):
        assert [gap.pk for gap in gaps.ranked(asked.base.pk)] == [first.pk, second.pk]
        filled = gaps.prefill(first.pk)
        assert filled is not None and set(filled.questions) == set(SHOES) and filled.title == first.title


def test_the_same_draft_counts_once_and_an_empty_question_not_at_all(cast: Cast) -> None:
    assert ask(cast, SHOES[0], "draft:1") is not None
    assert ask(cast, SHOES[0], "draft:1") is None and ask(cast, "  \n ", "draft:2") is None
    assert [gap.count for gap in all_gaps()] == [1] and Question.objects.using("owner").count() == 1


def test_what_is_not_ours_stays_off_the_list_however_often_it_is_asked(asked: Cast) -> None:
    shoes = all_gaps()[0]
    with asked.acting(asked.sam):
        gaps.dismiss(shoes, by=asked.sam)
        with pytest.raises(LostClaim):
            gaps.dismiss(shoes, by=asked.sam)
    ask(asked, "Would you repair hiking shoes for me?", "draft:9")
    assert [(gap.count, gap.state) for gap in all_gaps()] == [(4, "dismissed"), (2, "open")]


def test_a_question_that_comes_after_the_article_opens_its_gap_again(asked: Cast) -> None:
    shoes = all_gaps()[0]
    with asked.acting(asked.sam):
        gaps.write(shoes, None, by=asked.sam)  # type: ignore[arg-type]
    Gap.objects.using("owner").filter(pk=shoes.pk).update(state="written")
    ask(asked, "Would you repair hiking shoes for me?", "draft:9")
    assert [(gap.count, gap.state) for gap in all_gaps()] == [(4, "open"), (2, "open")]


def test_gaps_of_another_base_are_others(asked: Cast) -> None:
    with acting_as(SYSTEM):
        other = type(asked.base).objects.create(name="Other", slug="other")
    gaps.note(other.pk, SHOES[0], "draft:77", asked.orders.pk)
    assert sorted(gap.count for gap in all_gaps()) == [1, 2, 3]


def test_a_forgotten_customer_leaves_no_question_no_vector_and_no_title(asked: Cast) -> None:
    with acting_as(SYSTEM):
        assert gaps.forget(asked.dan.pk) == 3
    assert [(gap.count, gap.title) for gap in all_gaps()] == [(1, SHOES[2]), (1, GIFTS[0])]
    for gap in all_gaps():
        assert gap.centre == Question.objects.using("owner").get(gap=gap).vector
    with acting_as(SYSTEM):
        gaps.forget(asked.cara.pk)
    assert all_gaps() == [] and Question.objects.using("owner").count() == 0


def test_a_forgotten_customer_leaves_no_proposal_that_waits(cast: Cast) -> None:
    def propose(source: str, customer: int) -> None:
        assert proposals.propose(
            cast.base.pk, Proposal.Kind.ANSWER, title="T", body="B", source=source, question="Q", scope_id=cast.orders.pk, customer_ref=customer
        )  # fmt: skip

    with acting_as(SYSTEM):
        propose("message:1", cast.cara.pk)
        propose("message:2", cast.dan.pk)
        propose("message:3", cast.cara.pk)
    with cast.acting(cast.sam):
        proposals.accept(Proposal.objects.get(source="message:3"), title="T", body="B", state="draft", by=cast.sam)
    with acting_as(SYSTEM):
        assert proposals.forget(cast.cara.pk) == 2
    rows = Proposal.objects.using("owner").order_by("source").values_list("source", "question", "customer_ref")
    assert list(rows) == [("message:2", "Q", cast.dan.pk), ("message:3", "", None)]


def test_an_agent_sees_no_gap_and_no_question_and_a_supervisor_only_his_inboxes(asked: Cast) -> None:
    gaps.note(asked.base.pk, "Do you sell kayaks?", "draft:50", asked.app.pk)
    for model in (Gap, Question):
        with pytest.raises(ProgrammingError, match="permission denied"), asked.acting(asked.ana):
            model.objects.count()
    with asked.acting(asked.sam):
        assert Gap.objects.count() == 3 and Question.objects.count() == 5
    with asked.acting(asked.ada):
        assert Gap.objects.count() == 3
    with pytest.raises(ProgrammingError, match="permission denied"), asked.acting(asked.ada):
        Question.objects.count()


def test_real_questions_are_gathered_by_their_kind(cast: Cast, shared_data: Path) -> None:
    lines = [json.loads(line) for line in (shared_data / "kb_bank" / "questions_dev.jsonl").read_text().splitlines()]
    real = [one for one in lines if one["kind"] == "uncovered_topic" and one.get("intent") and not one.get("suspect")][:150]
    intents: dict[int, Counter[str]] = {}
    for one in real:
        gap = ask(cast, one["text"], f"draft:{one['id']}")
        assert gap is not None
        intents.setdefault(gap.pk, Counter())[one["intent"]] += 1
    pure = sum(found.most_common(1)[0][1] for found in intents.values())
    assert pure / len(real) >= 0.85 and len(intents) <= len(real) / 2
