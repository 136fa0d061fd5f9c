"""The forms of the admin's pages about people, teams and tokens."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, SetPasswordMixin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import people, roles
from accounts.models import ApiToken, Team, User
from accounts.tokens import Scope
from core.context import current_actor

ICONS = ("globe", "users", "box", "phone", "mail", "chat", "coin", "book", "home", "star", "flag", "tag")


class PersonForm(forms.ModelForm):
    """Who somebody is and what he may do. `by` is the admin, put in by the page."""

    by: User

    teams = forms.ModelMultipleChoiceField(
        Team.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Agents and supervisors see what their teams serve. Admins see no conversations."),
    )

    timezone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=[("", _("As the browser says")), *((name, name) for name in sorted(available_timezones()))],
    )

    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active", "timezone", "availability", "capacity")
        labels = {"is_active": _("Active"), "availability": _("Availability"), "capacity": _("Most open conversations")}
        help_texts = {
            "availability": _("Everybody chooses it for himself. Away returns what waits for an answer to the teams."),
            "capacity": _("New work is not given to somebody who has so many already. He may still take more himself."),
            "role": _("Acts at once, also on pages that are open."),
            "is_active": _(
                "Without it: signed out everywhere at once, and open work returns to the teams. Names stay in the history."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["teams"].initial = self.instance.teams.all()

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.instance.pk and {"role", "is_active"} <= data.keys():
            stored = User.objects.get(pk=self.instance.pk)
            try:
                roles.refuse_without_admin(stored, role=data["role"], is_active=data["is_active"], by=self.by)
            except roles.Refused as refused:
                self.add_error("is_active" if data["role"] == stored.role else "role", str(refused))
        return data


class NewPersonForm(SetPasswordMixin, PersonForm):
    """A new person, with a first password that the admin tells him."""

    password1, password2 = SetPasswordMixin.create_password_fields(label1=_("Password"), label2=_("Password again"))

    class Meta(PersonForm.Meta):
        fields = ("email", "name", "role", "timezone")

    def clean(self) -> dict[str, Any]:
        self.validate_passwords()
        return super().clean()

    def _post_clean(self) -> None:
        super()._post_clean()
        self.validate_password_for_user(self.instance)


class NewPasswordForm(AdminPasswordChangeForm):
    """A new password for somebody who forgot his."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit: bool = True) -> User:
        # Django's view hands its form no request, but who acts is known.
        people.set_password(self.user, self.cleaned_data["password1"], by=User.objects.get(pk=current_actor().id))
        return self.user


class TeamForm(forms.ModelForm):
    icon = forms.ChoiceField(choices=[(name, name.capitalize()) for name in ICONS], initial="globe")
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("Who serves the team’s inboxes.")
    )

    class Meta:
        model = Team
        fields = ("name", "icon")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = self.instance.members.all() if self.instance.pk else User.objects.none()
        may_serve = Q(is_active=True) & ~Q(role=User.Role.ADMIN)
        self.fields["people"].queryset = User.objects.filter(may_serve | Q(pk__in=members)).order_by("name")  # type: ignore[attr-defined]
        self.fields["people"].initial = members


class TokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Within these the program may do what its person may do, and nothing else."),
    )

    class Meta:
        model = ApiToken
        fields = ("name", "user", "scopes")
        help_texts = {
            "name": _("Which program this is for."),
            "user": _("As whom the program acts. Give programs a person of their own."),
        }
