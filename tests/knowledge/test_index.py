"""Importing, indexing, searching, and changing the embedding model, on the real database."""

import io

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection

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
        found = search("are cash machines free", base.pk)
    assert (done.updated, article.version) == (1, 2)
    assert {hit.external_id: hit.version for hit in found.hits} == {"fees": 2, "card": 1}
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


@pytest.mark.parametrize("limits", [(), ("INDEX_CHUNKS",)])
def test_a_larger_base_is_searched_in_the_database(monkeypatch, limits):
    for limit in limits:
        monkeypatch.setattr(f"knowledge.search.{limit}", 1)
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        assert search("weekend fee", base.pk).hits[0].external_id == "fees"


def test_a_new_model_is_built_beside_the_old_and_switched_at_once(monkeypatch):
    def turned(text):
        return np.ascontiguousarray(embedding.embed_one(text)[::-1])

    monkeypatch.setitem(embedding.ENCODERS, "turned.1", turned)
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        old = active_model()
        before = [hit.whole_cosine for hit in search("weekend fee", base.pk, turn=lambda vector, version: vector).hits]
        new = EmbeddingModel.objects.create(name="turned", version="turned.1")
        with pytest.raises(NotReady):
            activate(new)
        made = reembed(new, lambda texts: np.stack([turned(text) for text in texts]))
        assert made == Chunk.objects.count() and Embedding.objects.count() == 2 * made and active_model() == old
        activate(new)
        assert active_model() == new and EmbeddingModel.objects.get(pk=old.pk).state == "retired"
        # Questions turn with the articles in the same moment, so everything is as near as it was.
        after = [hit.whole_cosine for hit in search("weekend fee", base.pk).hits]
    assert after == pytest.approx(before, abs=1e-3)


def test_vectors_of_a_model_that_this_build_does_not_have_are_never_compared(caplog):
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        stranger = EmbeddingModel.objects.create(name="stranger", version="stranger.1")
        reembed(stranger, embedding.embed)
        activate(stranger)
        assert search("weekend fee", base.pk).hits == () and "no such model" in caplog.text


def test_the_command_goes_over_to_this_build_s_model(monkeypatch):
    monkeypatch.setitem(embedding.ENCODERS, "other.1", embedding.embed_one)
    with acting_as(SYSTEM):
        base = default_base()
        import_articles(base, [CARD, FEES])
        other = EmbeddingModel.objects.create(name="other", version="other.1")
        reembed(other, embedding.embed)
        activate(other)
        changed = SourceArticle("fees", FEES.title, "Changed while another model was in use.")
        import_articles(base, [changed])
    out = io.StringIO()
    call_command("reembed", stdout=out)
    assert "search reads" in out.getvalue()
    with acting_as(SYSTEM):
        assert active_model().version == embedding.VERSION and search("changed", base.pk).hits[0].external_id == "fees"


def test_the_index_finds_what_comparing_all_finds_for_a_customer_too(monkeypatch, cast):
    """Two bases share one index and every row is filtered: the nearest of ours must not get lost among theirs."""
    with acting_as(SYSTEM):
        ours, _ = filled("ours", 1), filled("theirs", 2)
        connection.cursor().execute("SET LOCAL enable_seqscan = off")
    found = {}
    for limits in ((), ("INDEX_CHUNKS",)):
        with monkeypatch.context() as patch, acting_as(Actor.customer(cast.cara.pk), read_only=True):
            for limit in limits:
                patch.setattr(f"knowledge.search.{limit}", 1)
            found[limits] = [{hit.external_id for hit in search(text, ours.pk, limit=10).hits} for text in QUESTIONS]
    exact, by_index = found.values()
    assert sum(len(a & b) for a, b in zip(exact, by_index, strict=True)) / sum(map(len, exact)) >= 0.95


QUESTIONS = ("where is my card", "weekend fee abroad", "how to close the account", "refund of a parcel", "change my address")


def filled(slug, seed):
    """A base of 1,500 chunks whose vectors lie around those of real sentences."""
    chance, base = np.random.default_rng(seed), default_base(slug)
    model, centres = active_model(), embedding.embed([*QUESTIONS, CARD.body, FEES.body])
    articles = Article.objects.bulk_create(
        Article(base=base, external_id=f"{slug}-{n}", title=f"Article {n}", body="Words.", content_hash=str(n))
        for n in range(300)
    )
    chunks = Chunk.objects.bulk_create(
        Chunk(article=a, base=base, kind=kind, position=p, text="Words.", content_hash=f"{a.pk}-{kind}-{p}", audience="public")
        for a in articles
        for kind, p in (("title", 0), ("whole", 0), ("passage", 0), ("passage", 1), ("passage", 2))
    )
    near = centres[chance.integers(0, len(centres), len(chunks))] + chance.normal(0, 0.06, (len(chunks), 384))
    Embedding.objects.bulk_create(
        Embedding(chunk=c, model=model, base=base, audience="public", vector=v / np.linalg.norm(v))
        for c, v in zip(chunks, near, strict=True)
    )
    return base


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
