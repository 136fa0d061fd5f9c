"""The forms of the admin's pages about inboxes."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from conversations.inboxes import open_work
from conversations.models import FLOOR, Inbox, InboxSecret

MOST_UNDO_SECONDS = 60


class InboxForm(forms.ModelForm):
    serving = forms.ModelMultipleChoiceField(
        Team.objects.all(),
        label=_("Teams"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whose people see what comes in here and answer it."),
    )
    threshold = forms.FloatField(
        label=_("Confidence line"),
        initial=FLOOR,
        widget=forms.NumberInput(attrs={"step": "0.01", "min": FLOOR, "max": "0.99"}),
        help_text=_(
            "Replies with a confidence above this line send themselves; at or below it a person decides. 0.80 is the floor:"
            " the line can be raised, never lowered below it. The database refuses less, whoever asks."
        ),
    )
    undo_seconds = forms.IntegerField(
        label=_("Undo window"),
        initial=5,
        min_value=0,
        max_value=MOST_UNDO_SECONDS,
        help_text=_("For so many seconds a reply can be taken back before it leaves."),
    )

    class Meta:
        model = Inbox
        fields = (
            *("name", "slug", "channel", "address", "knowledge_base"),
            *("auto_send", "threshold", "undo_seconds", "first_reply_minutes"),
            *("review_minutes", "reopen_days", "distribution"),
        )
        labels = {"auto_send": _("Send sure replies by itself"), "first_reply_minutes": _("First reply within"),
            "review_minutes": _("Review within"), "reopen_days": _("Reopens within"), "distribution": _("New work goes to"),
        }  # fmt: skip
        help_texts = {
            "slug": _("Part of the addresses that other systems call. It cannot be changed later."),
            "channel": _("It cannot be changed later."),
            "address": _("Our own address on the channel, such as support@example.com or a WhatsApp number’s id."),
            "auto_send": _("Without it every reply waits for a person."),
            "first_reply_minutes": _("Minutes until a customer’s message counts as late."),
            "review_minutes": _("Minutes until a draft that waits for its reviewer counts as late."),
            "reopen_days": _(
                "Days after the end in which a customer’s message opens the same conversation again; later it begins another one."
            ),
            "distribution": _("Only people who are available and below their capacity are given work."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["serving"].initial = self.instance.teams.all()

    def clean_threshold(self) -> float:
        line = float(self.cleaned_data["threshold"])
        if line < FLOOR:
            raise forms.ValidationError(
                gettext("The line can be raised above 0.80, never lowered below it."), code="below_floor"
            )
        if line >= 1:
            raise forms.ValidationError(
                gettext("Nothing is above 1: use a line below it, or turn automatic sending off."), code="above"
            )
        return line

    def clean_serving(self) -> Any:
        chosen = self.cleaned_data["serving"]
        if self.instance.pk and not chosen and open_work(inbox=self.instance):
            raise forms.ValidationError(
                gettext("There is open work in this inbox: leave at least one team that serves it."), code="alone"
            )
        return chosen


class SecretForm(forms.ModelForm):
    """Write-only: what is stored is never shown; an empty field keeps it."""

    value = forms.CharField(
        max_length=400,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Never shown again. Leave it empty to keep the one that is stored."),
    )

    class Meta:
        model = InboxSecret
        fields = ("name", "value")
        help_texts = {"name": _("Such as app_secret, verify_token or secret.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("value", None)

    def clean_value(self) -> str:
        given = str(self.cleaned_data["value"])
        if not given and not self.instance.pk:
            raise forms.ValidationError(gettext("Give the secret."), code="required")
        return given or self.instance.value
