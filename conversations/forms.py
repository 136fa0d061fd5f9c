"""What people send from a conversation's page."""

from typing import Any

from django import forms

from conversations.models import ComposerText

LONGEST_REPLY = 20_000


class ReplyForm(forms.Form):
    """A reply or note. `seen` is the last public message the writer had on screen; `confirm` sends although newer ones exist."""

    mode = forms.ChoiceField(choices=ComposerText.Mode.choices)
    text = forms.CharField(max_length=LONGEST_REPLY, error_messages={"required": "Write something first."})
    client_key = forms.UUIDField()
    seen = forms.IntegerField(required=False, min_value=0)
    confirm = forms.BooleanField(required=False)
    resolve = forms.BooleanField(required=False)


class ComposerForm(forms.Form):
    """What has been typed so far; an empty text forgets it."""

    mode = forms.ChoiceField(choices=ComposerText.Mode.choices)
    text = forms.CharField(max_length=LONGEST_REPLY, required=False, strip=False)


class AssignmentForm(forms.Form):
    """`to` is a user's id, or empty for nobody."""

    to = forms.IntegerField(required=False, min_value=1)


def first_error(form: forms.Form) -> str:
    """One sentence for the notice beside the form."""
    errors: Any = next(iter(form.errors.values()), ["That could not be read."])
    return str(errors[0])
