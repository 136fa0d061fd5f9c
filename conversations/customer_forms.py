"""What people send from the details of a customer."""

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST_NOTE = 2000


class ProfileForm(forms.Form):
    """Name, language and place, each of which may be empty."""

    name = forms.CharField(
        max_length=160, required=False, error_messages={"max_length": _("A name has at most 160 characters.")}
    )
    language = forms.RegexField(
        r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?)?$",
        max_length=12,
        required=False,
        error_messages={"invalid": _("A language is a code such as en, de or pt-BR.")},
    )
    place = forms.CharField(
        max_length=120, required=False, error_messages={"max_length": _("A place has at most 120 characters.")}
    )


class NoteForm(forms.Form):
    text = forms.CharField(
        max_length=LONGEST_NOTE,
        error_messages={
            "required": _("Write the note first."),
            "max_length": _("A note about a customer has at most 2,000 characters."),
        },
    )


class CustomerForm(forms.Form):
    """Which customer is meant."""

    customer = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class MergeForm(forms.Form):
    """The other conversation, and whether it is shown within this one or the other way round."""

    other = forms.IntegerField(min_value=1, max_value=2**63 - 1, error_messages={"required": _("Choose a conversation first.")})
    keep = forms.ChoiceField(choices=[("this", ""), ("other", "")], required=False)


class SplitForm(forms.Form):
    first = forms.IntegerField(
        min_value=1, max_value=2**63 - 1, error_messages={"required": _("Choose the first message to move.")}
    )
