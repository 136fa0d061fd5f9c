"""The admin's pages about inboxes, and those about people and teams, which here know what work a change leaves behind.

Customers, conversations and messages have no page: whoever administers does not read what customers write.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import PersonPage, TeamPage
from accounts.models import Team, User
from accounts.pages import RightsPage
from conversations import admin_definitions, admin_hours, assignment, availability, inboxes
from conversations.admin_connections import connection_urls
from conversations.admin_forms import InboxForm, SecretForm
from conversations.models import Inbox, InboxSecret
from core.context import Actor, acting_as

__all__ = ["admin_definitions", "admin_hours"]

AWAY = Actor.system("availability")


class RefusingPage(RightsPage):
    """Asks, before anything is deleted, whether that would leave work alone, and then says so instead."""

    def why_not_delete(self, obj: Any) -> str:
        raise NotImplementedError

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        found = self.get_object(request, object_id)
        why = self.why_not_delete(found) if found else ""
        if why:
            messages.error(request, why)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)
        return super().delete_view(request, object_id, extra_context)


@admin.register(User)
class ColleaguePage(PersonPage):
    """Open work of somebody who may no longer see it returns to its team."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        returned = assignment.release_unreachable(by=request.user, assignee=form.instance) if change else 0
        if change and "availability" in form.changed_data and form.instance.availability == User.Availability.AWAY:
            # An admin sees no conversation; who is away gives his work back all the same.
            with acting_as(AWAY):
                returned += len(availability.give_back(form.instance).returned)
        if returned:
            self.message_user(request, gettext("%(work)s returned to the team.") % {"work": told(returned)})


@admin.register(Team)
class ServingTeamPage(TeamPage, RefusingPage):
    def why_not_delete(self, obj: Team) -> str:
        return inboxes.why_not_remove_team(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        before = list(form.instance.members.all())
        super().save_related(request, form, formsets, change)
        self.return_work(request, before)

    def delete_model(self, request: HttpRequest, obj: Team) -> None:
        before = list(obj.members.all())
        super().delete_model(request, obj)
        self.return_work(request, before)

    def return_work(self, request: HttpRequest, people: list[User]) -> None:
        returned = assignment.release_unreachable(by=request.user, assignee__in=people)
        if returned:
            self.message_user(request, gettext("%(work)s returned to the team.") % {"work": told(returned)})


class SecretRows(admin.TabularInline):
    model = InboxSecret
    form = SecretForm
    extra = 0
    verbose_name, verbose_name_plural = _("secret"), _("secrets")


@admin.register(Inbox)
class InboxPage(RefusingPage):
    form = InboxForm
    inlines = (SecretRows,)
    list_display = ("name", "channel", "address", "auto_send", "threshold", "served_by_teams")
    list_filter = ("channel", "auto_send", "teams")
    search_fields = ("name", "slug", "address")
    fieldsets = (
        (None, {"fields": ("name", "slug", "channel", "address", "knowledge_base", "serving")}),
        (_("What the assistant may do"), {"fields": ("auto_send", "threshold", "undo_seconds")}),
        (_("Service"), {"fields": ("first_reply_minutes", "review_minutes", "reopen_days", "distribution", "business_hours")}),
        (_("Customers"), {"fields": ("sends_receipt", "mail_through", "mail_after_minutes", "allowed_origins")}),
    )

    def get_urls(self) -> list[Any]:
        return [*connection_urls(self), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inbox]:
        return super().get_queryset(request).prefetch_related("teams")

    @admin.display(description=_("Teams"))
    def served_by_teams(self, inbox: Inbox) -> str:
        return ", ".join(team.name for team in inbox.teams.all())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", "channel") if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"slug": ("name",)}

    def save_model(self, request: HttpRequest, obj: Inbox, form: Any, change: bool) -> None:
        inboxes.keep(obj, changed=form.changed_data, by=request.user)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for secret in formset.save(commit=False):
            inboxes.keep_secret(secret, by=request.user)
        for secret in formset.deleted_objects:
            secret.delete()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Secrets first: taking a team away may end the rights of the very admin who does it."""
        super().save_related(request, form, formsets, change)
        inbox, wanted = form.instance, set(form.cleaned_data["serving"])
        had = set(inbox.teams.all()) if change else set()
        for team in had - wanted:
            inboxes.stop_serving(inbox, team, by=request.user)
        for team in wanted - had:
            inboxes.serve(inbox, team, by=request.user)
        assignment.release_unreachable(by=request.user, inbox=inbox)

    def why_not_delete(self, obj: Inbox) -> str:
        return inboxes.why_not_remove(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Only what belongs to the inbox alone; Django would look for conversations, which an admin cannot."""
        names = [gettext("Inbox: %(name)s") % {"name": inbox} for inbox in objs]
        return names, {"inboxes": len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Inbox) -> None:
        inboxes.remove(obj, by=request.user)


def told(count: int) -> str:
    return gettext("One open conversation") if count == 1 else gettext("%(number)s open conversations") % {"number": count}
