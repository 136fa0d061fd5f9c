"""Articles that disagree are found, flagged while open, dismissed or mended; nothing else is flagged."""

import json
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from core.claims import LostClaim
from core.context import acting_as
from core.jobs import Retry
from knowledge import contradictions, editing
from knowledge.disagreement import NEAR, disagreement, said
from knowledge.editing import Wording
from knowledge.embedding import embed
from knowledge.importing import import_articles
from knowledge.indexing import content_hash, default_base
from knowledge.models import Article, Contradiction
from knowledge.search import search
from knowledge.sources import SourceArticle
from knowledge.splitting import sentences
from tests import build
from tests.cast import SYSTEM, Cast

FOURTEEN = build.RETURNS.replace("30 days", "14 days")


def flags() -> dict[str, bool]:
    return dict(Article.objects.using("owner").values_list("external_id", "is_contradicted"))


def states() -> list[str]:
    return list(Contradiction.objects.using("owner").order_by("pk").values_list("state", flat=True))


def reword(external_id: str, body: str, **fields: str) -> None:
    with acting_as(SYSTEM):
        found = Article.objects.get(external_id=external_id)
        found.body, found.version, found.updated_at = body, found.version + 1, timezone.now()
        for name, value in fields.items():
            setattr(found, name, value)
        found.content_hash = content_hash(found.title, found.body, found.audience, found.language)
        found.save()
    contradictions.ask_for_changed()
    build.index_article(found.pk)
    build.run_jobs()


@pytest.fixture
def two(cast: Cast) -> tuple[Article, Article]:
    """Two articles of which one says 30 days and the other 14."""
    first = build.article(cast.base, "returns", "Returning an item", build.RETURNS)
    second = build.article(cast.base, "sending-back", "Sending an item back", FOURTEEN)
    build.article(cast.base, "shipping", "Shipping", build.SHIPPING)
    assert contradictions.ask_for_changed() == 3
    build.run_jobs()
    return first, second


def test_two_articles_that_disagree_are_both_flagged(cast: Cast, two: tuple[Article, Article]) -> None:
    [row] = Contradiction.objects.using("owner").all()
    assert {row.first_id, row.second_id} == {one.pk for one in two}
    assert "14 days" in row.reason and "30 days" in row.reason
    assert flags() == {"returns": True, "sending-back": True, "shipping": False}
    with acting_as(SYSTEM):
        found = {hit.external_id: hit.is_contradicted for hit in search("how long can I return something", cast.base.pk).hits}
    assert found["returns"] and found["sending-back"] and not found.get("shipping")


def test_looking_again_finds_nothing_new(two: tuple[Article, Article]) -> None:
    for article in two:
        contradictions.look_at_article(article.pk)
    assert states() == ["open"]


def test_a_mended_article_lets_go_of_both_and_a_relapse_takes_hold_again(two: tuple[Article, Article]) -> None:
    reword("sending-back", build.RETURNS)
    assert (states(), flags()["returns"], flags()["sending-back"]) == (["mended"], False, False)
    reword("sending-back", FOURTEEN)
    assert (states(), flags()["returns"]) == (["open"], True)


def test_what_a_person_dismissed_stays_dismissed_until_one_of_the_sentences_changes(
    cast: Cast, two: tuple[Article, Article]
) -> None:
    with cast.acting(cast.sam):
        row = contradictions.waiting().get()
        contradictions.dismiss(row, by=cast.sam)
        with pytest.raises(LostClaim):
            contradictions.dismiss(row, by=cast.sam)
    assert states() == ["dismissed"] and not any(flags().values())
    contradictions.look_at_article(two[0].pk)
    assert states() == ["dismissed"] and not any(flags().values())
    reword("sending-back", build.RETURNS.replace("30 days", "7 days"))
    assert states() == ["dismissed", "open"] and flags()["returns"]


@pytest.mark.parametrize(
    ("field", "value"), [("audience", "internal"), ("language", "de"), ("state", "archived"), ("state", "draft")]
)
def test_only_published_articles_for_the_same_readers_are_compared(
    two: tuple[Article, Article], field: str, value: str
) -> None:
    reword("sending-back", FOURTEEN, **{field: value})
    assert states() == ["mended"] and not any(flags().values())


def test_articles_of_another_base_are_not_compared(cast: Cast) -> None:
    with acting_as(SYSTEM):
        other = default_base("other")
    build.article(cast.base, "returns", "Returning an item", build.RETURNS)
    build.article(other, "returns", "Returning an item", FOURTEEN)
    contradictions.ask_for_changed()
    build.run_jobs()
    assert states() == []


def test_an_article_waits_until_it_is_indexed(cast: Cast) -> None:
    with cast.acting(cast.sam):
        article = editing.write(cast.base, Wording("New", "A body of words."), by=cast.sam, state="published")
    with pytest.raises(Retry):
        contradictions.look_at_article(article.pk)


def test_a_real_knowledge_base_raises_no_false_alarm(cast: Cast, shared_data: Path) -> None:
    lines = [json.loads(line) for line in (shared_data / "kb_bank" / "articles.jsonl").read_text().splitlines()]
    with acting_as(SYSTEM):
        base = default_base("bank")
        import_articles(base, [SourceArticle(one["id"], one["title"], one["body"]) for one in lines])
        ids = list(base.articles.values_list("pk", flat=True))
    for pk in ids:
        contradictions.look_at_article(pk)
    assert list(Contradiction.objects.using("owner").values_list("first_text", "second_text", "reason")) == []


@pytest.mark.parametrize("name", ["kb_site", "kb_tech"])
def test_long_real_articles_raise_no_false_alarm(shared_data: Path, name: str) -> None:
    """Every sentence with every other of another article, whatever the passages around them."""
    lines = [json.loads(line) for line in (shared_data / name / "articles.jsonl").read_text().splitlines()][:60]
    spoken = [(place, said(text, one["title"])) for place, one in enumerate(lines) for text in sentences(one["body"])]
    spoken = [(place, one) for place, one in spoken if one.is_comparable]
    vectors = embed([one.bare for _, one in spoken])
    near = np.argwhere(np.triu(vectors @ vectors.T, 1) >= NEAR)
    pairs = [(spoken[a], spoken[b], float(vectors[a] @ vectors[b])) for a, b in near]
    assert len(pairs) > 100, "vacuous"
    assert [(a.text, b.text) for (x, a), (y, b), cosine in pairs if x != y and disagreement(a, b, cosine)] == []


def test_a_planted_disagreement_in_a_real_knowledge_base_is_found(cast: Cast, shared_data: Path) -> None:
    lines = [json.loads(line) for line in (shared_data / "kb_bank" / "articles.jsonl").read_text().splitlines()]
    with acting_as(SYSTEM):
        base = default_base("bank")
        import_articles(base, [SourceArticle(one["id"], one["title"], one["body"]) for one in lines])
        import_articles(
            base,
            [
                SourceArticle("new-1", "How long card delivery takes", "Standard delivery in the United Kingdom takes 7 to 9 working days and is free."),
                SourceArticle("new-2", "When you forgot your PIN", "After five wrong attempts the PIN is blocked for both cash and shops."),
                SourceArticle("new-3", "Making a complaint", "We confirm every complaint within three working days and send a final answer within 15 working days."),
            ],
        )  # fmt: skip
        ids = list(base.articles.filter(external_id__startswith="new").values_list("pk", flat=True))
    for pk in ids:
        contradictions.look_at_article(pk)
    assert Contradiction.objects.using("owner").count() == 3
