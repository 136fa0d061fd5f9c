"""What the admin's pages about people, teams and inboxes have in common: their changes may touch the rights of the very person who
makes them, and the pages go on as who he is then."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest

from accounts.models import User
from core.context import Actor, acting_as


class RightsPage(ModelAdmin):
    """A page whose changes go through verbs. Django's own log is kept too, by the person with the rights he has afterwards."""

    save_on_top = False
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the page's own filters ask: other relations lead to tables that an admin may not read."""
        filters = [one[0] if isinstance(one, tuple) else one for one in self.list_filter]
        return lookup.partition("__")[0] in filters

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        with acting_as(as_now(request.user)):
            return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        with acting_as(as_now(request.user)):
            return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        with acting_as(as_now(request.user)):
            return super().log_deletions(request, queryset)


def as_now(user: Any) -> Actor:
    """The person with the epoch he has after what was changed in this transaction."""
    with acting_as(Actor.door()):
        return Actor.of(User.objects.get(pk=user.pk))
