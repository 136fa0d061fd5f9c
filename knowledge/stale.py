"""Articles that nobody should rely on unread: the day by which somebody was to read them again has passed."""

from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from knowledge.models import Article


def is_stale(review_by: date | None) -> bool:
    """Whether the day has passed. An article without one is never stale."""
    return review_by is not None and review_by < timezone.now().date()


def stale_articles() -> QuerySet[Article]:
    """The published ones whose day has passed, the longest ago first."""
    rows = Article.objects.filter(state=Article.State.PUBLISHED, review_by__lt=timezone.now().date())
    return rows.order_by("review_by", "title")
