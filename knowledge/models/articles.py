"""Bodies of knowledge, their articles with every version, and the web pages that articles are taken from."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class KnowledgeBase(models.Model):
    """One body of articles that is searched together."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    language = models.CharField(max_length=12, default="en")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Audience(models.TextChoices):
    PUBLIC = "public", _("Customers")
    INTERNAL = "internal", _("Staff only")


class Article(models.Model):
    """One thing that can be cited. `content_hash` covers what is indexed; `version` counts its changes.

    Each version is kept by the database itself as an ArticleVersion, whoever changes the article. `review_by` is the day from
    which on nobody should rely on it unread.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived")

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="articles")
    external_id = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    category = models.CharField(max_length=120, blank=True)
    body = models.TextField()
    url = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=12, default="en")
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.PUBLIC)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PUBLISHED)
    version = models.PositiveIntegerField(default=1)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    review_by = models.DateField(null=True)
    # Another article says otherwise; kept by knowledge.contradictions, so that a search need not look for it.
    is_contradicted = models.BooleanField(default=False, db_default=False)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    change_note = models.CharField(max_length=200, blank=True, default="", db_default="")
    content_hash = models.CharField(max_length=64)
    indexed_hash = models.CharField(max_length=64, blank=True)
    lexeme_count = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["title"]
        constraints = [models.UniqueConstraint(fields=["base", "external_id"], name="knowledge_article_once")]
        indexes = [models.Index(fields=["base", "state", "audience"], name="knowledge_article_shelf")]

    def __str__(self) -> str:
        return self.title


class ArticleVersion(models.Model):
    """One version of an article as it was. Written by a trigger with the article itself; nobody may change it."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    body = models.TextField()
    category = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=12)
    audience = models.CharField(max_length=8, choices=Audience.choices)
    state = models.CharField(max_length=9, choices=Article.State.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["article", "version"], name="knowledge_version_once")]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"


class WebPage(models.Model):
    """A public page that an article is taken from. What was fetched last waits in `title` and `body` until a person takes it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Not read yet")
        CURRENT = "current", _("Up to date")
        CHANGED = "changed", _("Changed")
        FAILED = "failed", _("Could not be read")

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="pages")
    url = models.CharField(max_length=500)
    article = models.ForeignKey(Article, null=True, on_delete=models.SET_NULL, related_name="pages")
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.PUBLIC)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    title = models.CharField(max_length=300, blank=True, default="")
    body = models.TextField(blank=True, default="")
    etag = models.CharField(max_length=200, blank=True, default="")
    last_modified = models.CharField(max_length=80, blank=True, default="")
    content_hash = models.CharField(max_length=64, blank=True, default="")
    problem = models.CharField(max_length=200, blank=True, default="")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["url"]
        constraints = [models.UniqueConstraint(fields=["base", "url"], name="knowledge_page_once")]

    def __str__(self) -> str:
        return self.url
