"""Names of what is audited in this room."""


class Event:
    """What people did to what the company knows."""

    ARTICLE_WRITTEN = "knowledge.article_written"
    ARTICLE_CHANGED = "knowledge.article_changed"
    ARTICLE_PUBLISHED = "knowledge.article_published"
    ARTICLE_UNPUBLISHED = "knowledge.article_unpublished"
    ARTICLE_ARCHIVED = "knowledge.article_archived"
    ARTICLE_RESTORED = "knowledge.article_restored"
    ARTICLE_OWNED = "knowledge.article_owned"
    ARTICLE_REVIEW_SET = "knowledge.article_review_set"
    ARTICLES_IMPORTED = "knowledge.articles_imported"
