"""The admin's pages about what is defined for everybody: tags, attributes and canned replies."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.pages import RightsPage
from conversations import defining
from conversations.admin_definition_forms import AttributeForm, CannedReplyForm, TagForm
from conversations.models import AttributeType, CannedReply, Tag


class DefinitionPage(RightsPage):
    """Before one goes, the page says what becomes of what uses it."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        defining.keep(obj, changed=form.changed_data, by=request.user)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        told = [f"{one}: {sentence}" for one in objs for sentence in defining.what_removing_does(one)]
        return told, {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        defining.remove(obj, by=request.user)


@admin.register(Tag)
class TagPage(DefinitionPage):
    form = TagForm
    list_display = ("name", "hue")
    search_fields = ("name",)
    fields = ("name", "hue")


@admin.register(AttributeType)
class AttributePage(DefinitionPage):
    form = AttributeForm
    list_display = ("label", "of", "kind", "key", "position")
    list_filter = ("of",)
    search_fields = ("label", "key")
    fieldsets = (
        (None, {"fields": ("of", "label", "key", "kind", "options")}),
        (_("Where it stands"), {"fields": ("position",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Values lie under the key: another one would hide them."""
        return ("of", "key") if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"key": ("label",)}


@admin.register(CannedReply)
class CannedReplyPage(DefinitionPage):
    """What is a team's or everybody's. What somebody wrote for himself is his own, also before an admin."""

    form = CannedReplyForm
    list_display = ("name", "shortcut", "scope", "team")
    list_filter = ("scope",)
    list_select_related = ("team",)
    search_fields = ("name", "shortcut")
    fields = ("name", "shortcut", "text", "scope", "team")
