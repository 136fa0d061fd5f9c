"""What people send from a conversation's page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from conversations.channel_limits import LONGEST_TEXT
from conversations.models import ComposerText

# Of a customer's own message through the API and the web form.
LONGEST_REPLY = 20_000
TOO_LONG = _("That is too long: at most %(limit_value)d characters. Nothing was lost.")


class Addresses(forms.Field):
    """Any number of fields of one name, as they were posted."""

    widget = forms.MultipleHiddenInput


class ReplyForm(forms.Form):
    """A reply or note, with what was printed beside it when its writer began.

    `seen` is the last public message on screen, `ownership` the number under which the conversation was. `confirm` sends although
    there is something newer; `shown` and `shown_ownership` say up to where the question had shown it. `written_as` is the mode that
    the text was typed in: one that differs from `mode` is no mistake that may reach a customer. `addressed` says that the chips
    were on screen, so that none of them means nobody.
    """

    mode = forms.ChoiceField(choices=ComposerText.Mode.choices)
    written_as = forms.ChoiceField(choices=ComposerText.Mode.choices, required=False)
    text = forms.CharField(
        max_length=LONGEST_TEXT, error_messages={"required": _("Write something first."), "max_length": TOO_LONG}
    )
    caret = forms.IntegerField(required=False, min_value=0, max_value=LONGEST_TEXT)
    client_key = forms.UUIDField()
    seen = forms.IntegerField(required=False, min_value=0)
    ownership = forms.IntegerField(required=False, min_value=0)
    confirm = forms.BooleanField(required=False)
    shown = forms.IntegerField(required=False, min_value=0)
    shown_ownership = forms.IntegerField(required=False, min_value=0)
    addressed = forms.BooleanField(required=False)
    to = Addresses(required=False)
    cc = Addresses(required=False)
    send_at = forms.CharField(max_length=20, required=False)
    send_at_time = forms.CharField(max_length=40, required=False)
    macro = forms.IntegerField(required=False, min_value=1)
    resolve = forms.BooleanField(required=False)
    snooze = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("written_as") and data["written_as"] != data.get("mode"):
            raise forms.ValidationError(
                _("The page mixed up reply and note. Nothing was sent; look which one it is, and send again.")
            )
        return data


class ComposerForm(forms.Form):
    """What has been typed so far; an empty text forgets it. `since` is the version that the page knows."""

    mode = forms.ChoiceField(choices=ComposerText.Mode.choices)
    text = forms.CharField(max_length=LONGEST_TEXT, required=False, strip=False)
    caret = forms.IntegerField(required=False, min_value=0, max_value=LONGEST_TEXT)
    to = Addresses(required=False)
    cc = Addresses(required=False)
    since = forms.CharField(max_length=40, required=False)
    client_key = forms.UUIDField(required=False)


class AssignmentForm(forms.Form):
    """`to` is a user's id, or empty for nobody."""

    to = forms.IntegerField(required=False, min_value=1)


def first_error(form: forms.Form) -> str:
    """One sentence for the notice beside the form."""
    errors: Any = next(iter(form.errors.values()), [_("That could not be read.")])
    return str(errors[0])
