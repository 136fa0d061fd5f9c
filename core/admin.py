"""The admin's pages about what happened and what failed for good. Jobs are not listed: the queue is nothing to edit."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import audit, jobs
from core.models import AuditEvent, DeadLetter, Event

KINDS = {
    "customer": _("customer"), "agent": _("agent"), "supervisor": _("supervisor"), "admin": _("admin"),
    "assistant": _("assistant"), "system": _("system"), "door": _("sign-in"),
}  # fmt: skip
NO_REASON = _("Write the reason beside the action: what is given up is kept, and somebody will ask why.")


class ReadOnlyPage(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ByKind(admin.SimpleListFilter):
    """Fixed choices: asking the table for its values would read all of it."""

    title, parameter_name = _("who"), "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, str(shown)) for kind, shown in KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(actor_kind=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditPage(ReadOnlyPage):
    list_display = ("at", "event", "subject", "subject_id", "actor", "scope_id", "facts")
    list_filter = (ByKind, "at")
    search_fields = ("=event", "=subject_id", "=actor_id", "=request_id")
    search_help_text = _("An event such as role.granted, the number of what or who it is about, or a request’s id")
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("Who"))
    def actor(self, event: AuditEvent) -> str:
        name = event.actor_id or ("" if event.actor_name == event.actor_kind else event.actor_name)
        return f"{KINDS.get(event.actor_kind, event.actor_kind)} {name}".strip()


class ReasonForm(ActionForm):
    reason = forms.CharField(max_length=200, required=False, widget=forms.TextInput(attrs={"placeholder": _("Reason")}))


@admin.register(DeadLetter)
class DeadLetterPage(ReadOnlyPage):
    list_display = ("id", "state", "kind", "ref", "scope_id", "error", "attempts", "created_at", "resolved_at")
    list_filter = ("state", "created_at")
    search_fields = ("kind", "=ref", "error_class")
    ordering = ("-id",)
    show_full_result_count = False
    action_form = ReasonForm
    actions = ("redrive", "discard")

    @admin.action(description=_("Try again: a send is never doubled by it"))
    def redrive(self, request: HttpRequest, chosen: QuerySet[DeadLetter]) -> None:
        done = [letter for letter in chosen if jobs.redrive(letter.pk)]
        for letter in done:
            audit.record(Event.DEAD_LETTER_REDRIVEN, letter)
        self.message_user(
            request,
            gettext("Given back to the queue: %(number)s.") % {"number": len(done)},
            messages.SUCCESS if done else messages.WARNING,
        )

    @admin.action(description=_("Give up, with a reason"))
    def discard(self, request: HttpRequest, chosen: QuerySet[DeadLetter]) -> None:
        reason = request.POST.get("reason", "").replace("\0", "").strip()[:200]
        if not reason:
            return self.message_user(request, NO_REASON, messages.ERROR)
        done = [letter for letter in chosen if jobs.discard(letter.pk, reason)]
        for letter in done:
            audit.record(Event.DEAD_LETTER_DISCARDED, letter)
        self.message_user(
            request, gettext("Given up: %(number)s.") % {"number": len(done)}, messages.SUCCESS if done else messages.WARNING
        )
        return None
