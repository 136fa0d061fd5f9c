"""Which articles a draft rests on, kept as rows, so that a change of an article finds what was written from it."""

from approvals.citations import cited_numbers
from approvals.models import Draft, DraftSource
from knowledge.models import Article


def keep_sources(draft: Draft) -> None:
    """Write down the articles that the draft cites, in the versions that were read; what stood there before goes."""
    DraftSource.objects.filter(draft=draft).delete()
    cited = set(cited_numbers(draft.sentences))
    read = {piece["article_pk"]: piece.get("version", 1) for piece in draft.evidence if piece["number"] in cited}
    there = Article.objects.filter(pk__in=read).values_list("pk", flat=True)
    DraftSource.objects.bulk_create(
        DraftSource(draft=draft, inbox_id=draft.inbox_id, article_id=pk, version=read[pk]) for pk in there
    )


def changed_sources(draft: Draft) -> list[str]:
    """External ids of the articles under this draft that say something else by now, or nothing any more to customers."""
    rows = DraftSource.objects.filter(draft=draft).select_related("article")
    return sorted(row.article.external_id for row in rows if _is_outdated(row))


def _is_outdated(row: DraftSource) -> bool:
    article = row.article
    is_offered = article.state == Article.State.PUBLISHED and article.audience == "public"
    return article.version > row.version or not is_offered
