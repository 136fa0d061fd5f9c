"""Importing, indexing, searching, and changing the embedding model, on the real database."""

import numpy as np
import pytest

from core.context import Actor, acting_as
from knowledge import embedding
from knowledge.importing import import_articles
from knowledge.indexing import NotReady, activate, active_model, default_base, reembed
from knowledge.memory import Reviewed, forget, remember
from knowledge.models import Article, Chunk, Embedding, EmbeddingModel
from knowledge.search import search
from knowledge.sources import SourceArticle

SYSTEM = Actor.system("test")
CARD = SourceArticle("card", "Activating a new card", "Open the app and tap the card. Type the six-digit code from the letter.")
FEES = SourceArticle("fees", "Fees for foreign currency", "Weekend purchases cost 0.5 percent. On weekdays there is no fee.")
STAFF = SourceArticle("staff", "How staff unlock a card", "Use the internal console to unlock cards.", audience="internal")

pytestmark = pytest.mark.django_db


def test_an_import_twice_changes_nothing_and_embeds_nothing():
    with acting_as(SYSTEM):
        base = default_base()
        first, second = import_articles(base, [CARD, FEES]), import_articles(base, [CARD, FEES])
    assert (first.created, second.created, second.updated, second.unchanged) == (2, 0, 0, 2)
    assert first.embedded > 0 and second.embedded == 0


def test_a_changed_sentence_embeds_only_what_it_touches():
    changed = SourceArticle("fees", FEES.title, FEES.body + " Cash machines are free.")
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        done = import_articles(base, [CARD, changed])
        article = Article.objects.get(external_id="fees")
    assert (done.updated, article.version) == (1, 2)
    assert done.embedded == 2  # The whole article and the one new window; title and first window are kept.


def test_search_finds_the_article_with_its_passage_and_its_signals():
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        found = search("what does it cost to pay abroad at the weekend", base.pk)
    assert [hit.external_id for hit in found.hits] == ["fees", "card"]
    assert "0.5 percent" in found.hits[0].passages[0].text
    assert found.hits[0].score > found.hits[1].score and 0 <= found.unknown <= 1


def test_a_customer_finds_nothing_that_is_for_staff(cast):
    with acting_as(SYSTEM):
        base = default_base("help")
        import_articles(base, [CARD, STAFF])
    with acting_as(Actor.customer(cast.cara.pk), read_only=True):
        found = search("how is a card unlocked", base.pk, audiences=("public", "internal"))
        seen = Chunk.objects.filter(audience="internal").count()
    assert [hit.external_id for hit in found.hits] == ["card"] and seen == 0


@pytest.mark.parametrize("limits", [("EXACT_CHUNKS",), ("EXACT_CHUNKS", "INDEX_CHUNKS")])
def test_a_larger_base_is_searched_in_the_database(monkeypatch, limits):
    for limit in limits:
        monkeypatch.setattr(f"knowledge.search.{limit}", 1)
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        assert search("weekend fee", base.pk).hits[0].external_id == "fees"


def test_a_new_model_is_built_beside_the_old_and_switched_at_once():
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        old = active_model()
        new = EmbeddingModel.objects.create(name="turned", version="turned.1")
        with pytest.raises(NotReady):
            activate(new)
        made = reembed(new, lambda texts: np.ascontiguousarray(embedding.embed(texts)[:, ::-1]))
        assert made == Chunk.objects.count() and Embedding.objects.count() == 2 * made
        assert active_model() == old and search("weekend fee", base.pk).hits[0].passage_cosine > 0.3
        activate(new)
        assert active_model() == new
        # The question is still embedded by the local model, so its cosines with the turned vectors are near zero.
        assert search("weekend fee", base.pk).hits[0].passage_cosine < 0.3
        assert EmbeddingModel.objects.get(pk=old.pk).state == "retired"


def test_decisions_are_remembered_once_and_can_be_forgotten():
    asked = Reviewed("the app wants a number from the post", "edited", "fees", "card", source="decision:1", customer_ref=7)
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        assert remember(base.pk, [asked, asked]) == 1 and remember(base.pk, [asked]) == 0
        found = search("the app wants a number from the post", base.pk)
        assert found.hits[0].external_id == "card" and found.hits[0].memory > 0.99
        assert forget(7) == 1


def test_an_archived_article_is_not_found():
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        Article.objects.filter(external_id="fees").update(state="archived")
        assert [hit.external_id for hit in search("weekend fee", base.pk).hits] == ["card"]
