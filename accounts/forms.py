"""The forms of sign-in, in the words of its screens."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class SignInForm(LoginForm):
    """What is wrong is told at the password, whichever of the two is: nobody learns which addresses have accounts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Work email")
        self.fields["login"].widget.attrs = {
            "class": "input is-lg",
            "autocomplete": "username",
            "inputmode": "email",
            "spellcheck": "false",
            "autofocus": True,
        }
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs = {"class": "input is-lg", "autocomplete": "current-password"}

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ValidationError as refused:
            self.add_error("password", refused)
            self.fields["login"].widget.attrs.pop("autofocus", None)
            self.fields["password"].widget.attrs["autofocus"] = True
            return self.cleaned_data


class OwnPasswordForm(ChangePasswordForm):
    """One's own password: who does not know the present one asks an admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (
            ("oldpassword", _("Present password")),
            ("password1", _("New password")),
            ("password2", _("New password again")),
        ):
            self.fields[name].label = label
            self.fields[name].widget.attrs.pop("placeholder", None)
