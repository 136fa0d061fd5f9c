"""What people file conversations under, and the attributes that admins define."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from conversations.models.conversations import Conversation
from conversations.models.inboxes import Inbox


class Tag(models.Model):
    name = models.CharField(_("name"), max_length=40)
    # One of the twelve hues of the design, 0 to 11.
    hue = models.PositiveSmallIntegerField(_("hue"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("tag"), _("tags")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="one_tag_per_name"),
            models.CheckConstraint(name="tag_hue_known", condition=Q(hue__lte=11)),
        ]

    def __str__(self) -> str:
        return self.name


class ConversationTag(models.Model):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="tagged")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "tag"], name="tagged_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.conversation_id}"


class AttributeType(models.Model):
    """A typed field that admins add to customers or conversations; the values lie on those rows, by `key`."""

    class Of(models.TextChoices):
        CUSTOMER = "customer", _("Customers")
        CONVERSATION = "conversation", _("Conversations")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("One of a list")

    of = models.CharField(_("of"), max_length=12, choices=Of)
    key = models.SlugField(_("key"), max_length=40)
    label = models.CharField(_("label"), max_length=60)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.TEXT)
    choices = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("attribute type"), _("attribute types")
        ordering = ["of", "position", "label"]
        constraints = [models.UniqueConstraint(fields=["of", "key"], name="attribute_once")]

    def __str__(self) -> str:
        return self.label
