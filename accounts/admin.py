"""The admin's pages about people, teams and the tokens of programs. The only screen that changes roles.

The pages of people and teams are registered one room above, which knows the open work that their changes leave behind.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import people, roles, teams, tokens
from accounts.admin_forms import NewPasswordForm, NewPersonForm, PersonForm, TeamForm, TokenForm
from accounts.models import ApiToken, Team, User
from accounts.pages import RightsPage

DETAILS = ("email", "name", "timezone", "capacity", "availability")


class PersonPage(RightsPage, UserAdmin):
    """Nobody is ever deleted: who leaves is deactivated, and his name stays on what he did."""

    form, add_form, change_password_form = PersonForm, NewPersonForm, NewPasswordForm
    list_display = ("name", "email", "role", "in_teams", "is_active", "last_login")
    list_filter = ("role", "is_active", "teams")
    search_fields = ("name", "email")
    ordering = ("name", "email")
    readonly_fields = ("password_link", "last_login", "created_at")
    filter_horizontal = ()
    actions = ("remove_second_step",)
    fieldsets = (
        (None, {"fields": ("name", "email", "timezone")}),
        (_("What they may do"), {"fields": ("role", "is_active", "teams")}),
        (_("What they are given"), {"fields": ("availability", "capacity")}),
        ("Sign-in", {"fields": ("password_link", "last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("name", "email", "timezone")}),
        (_("What they may do"), {"fields": ("role", "teams")}),
        (_("First password"), {"fields": ("password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("teams")

    @admin.display(description=_("Teams"))
    def in_teams(self, user: User) -> str:
        return ", ".join(team.name for team in user.teams.all())

    @admin.display(description=_("Password"))
    def password_link(self, user: User) -> SafeString:
        return format_html(gettext('Kept as a hash that nobody can read. <a href="{}">Set a new one</a>'), "../password/")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = request.user
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        by, data = request.user, form.cleaned_data
        if not change:
            return people.add(obj, data["password1"], by=by)
        stored = User.objects.get(pk=obj.pk)
        people.correct(stored, by=by, **{name: data[name] for name in DETAILS if name in form.changed_data})
        roles.grant(stored, data["role"], by=by)
        (roles.reactivate if data["is_active"] else roles.deactivate)(stored, by=by)
        return None

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        wanted, had = set(form.cleaned_data["teams"]), set(form.instance.teams.all()) if change else set()
        for team in had - wanted:
            roles.leave(form.instance, team, by=request.user)
        for team in wanted - had:
            roles.join(form.instance, team, by=request.user)

    @admin.action(description=_("Remove the second step of sign-in (lost phone)"))
    def remove_second_step(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        for user in chosen:
            people.remove_second_step(user, by=request.user)
        self.message_user(request, gettext("Their password alone lets them in until they set up a second step again."))


class TeamPage(RightsPage):
    form = TeamForm
    list_display = ("name", "people_in_it")
    search_fields = ("name",)
    fields = ("name", "icon", "people")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).annotate(people=Count("members"))

    @admin.display(description=_("People"), ordering="people")
    def people_in_it(self, team: Any) -> int:
        return int(team.people)

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        teams.keep(obj, by=request.user)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        wanted, had = set(form.cleaned_data["people"]), set(form.instance.members.all())
        for user in had - wanted:
            roles.leave(user, form.instance, by=request.user)
        for user in wanted - had:
            roles.join(user, form.instance, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Team) -> None:
        teams.remove(obj, by=request.user)


@admin.register(ApiToken)
class ApiTokenPage(RightsPage):
    """A token's secret is shown once, in the answer that makes it. It cannot be changed, only revoked."""

    list_display = ("name", "user", "scopes", "created_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "user")
    list_select_related = ("user",)
    search_fields = ("name", "user__name", "user__email")
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **(kwargs if obj else kwargs | {"form": TokenForm}))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        active = User.objects.filter(is_active=True).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs | {"queryset": active})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "user", "scopes", *(("created_at", "revoked_at") if obj else ()))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.secret = tokens.issue(obj.user, obj.name, form.cleaned_data["scopes"])
        obj.pk = ApiToken.objects.get(digest=ApiToken.digest_of(obj.secret)).pk

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"token": obj, "opts": self.opts, "title": gettext("Token issued")}
        return TemplateResponse(request, "admin/accounts/apitoken/issued.html", context)

    @admin.action(description=_("Revoke: the programs are refused from now on"))
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        ended = [token for token in chosen if tokens.revoke(token)]
        self.message_user(
            request, gettext("Revoked: %(number)s.") % {"number": len(ended)}, messages.SUCCESS if ended else messages.WARNING
        )
