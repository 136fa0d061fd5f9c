"""The forms of the admin's pages about inboxes."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from conversations.connection_forms import SECRETS
from conversations.inboxes import open_work
from conversations.models import FLOOR, Channel, Inbox, InboxSecret

MOST_UNDO_SECONDS = 60


class OriginsField(forms.CharField):
    """Origins of the web, one a line: a scheme, a host, perhaps a port, and nothing behind them."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        found = [line.strip().rstrip("/").lower() for line in str(super().to_python(value)).splitlines() if line.strip()]
        wrong = [line for line in found if not _is_origin(line)]
        if wrong:
            raise forms.ValidationError(
                gettext("“%s” is no origin. Write it like https://shop.example, without a path.") % wrong[0][:80], code="origin"
            )
        return list(dict.fromkeys(found))


def _is_origin(line: str) -> bool:
    try:
        parts = urlsplit(line)
        host, is_plain = parts.hostname or "", parts.username is None and parts.port != 0
    except ValueError:
        return False
    near = host in ("localhost", "127.0.0.1")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and near)
    named = all(sign.isascii() and (sign.isalnum() or sign in "-.") for sign in host) and bool(host)
    return is_safe and named and is_plain and not (parts.path or parts.query or parts.fragment)


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

    mail_after_minutes = forms.IntegerField(
        label=_("Mail after"),
        initial=10,
        required=False,
        min_value=1,
        max_value=1440,
        help_text=_("Minutes after which somebody who left the page gets by mail what he has not read."),
    )
    allowed_origins = OriginsField(
        label=_("May be shown in"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Sites that may show the form and the chat in their pages, one a line, such as https://shop.example."),
    )

    class Meta:
        model = Inbox
        fields = (
            *("name", "slug", "channel", "address", "knowledge_base"),
            *("auto_send", "threshold", "undo_seconds", "first_reply_minutes"),
            *("review_minutes", "reopen_days", "distribution"),
            *("business_hours", "sends_receipt", "mail_through", "mail_after_minutes", "allowed_origins"),
        )
        labels = {"auto_send": _("Send sure replies by itself"), "first_reply_minutes": _("First reply within"),
            "review_minutes": _("Review within"), "reopen_days": _("Reopens within"), "distribution": _("New work goes to"),
            "sends_receipt": _("Confirm that a message arrived"), "mail_through": _("Mail through"),
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
            "business_hours": _("When people answer here; customers are told so. Empty: at any time."),
            "sends_receipt": _("Once per conversation, in fixed words, by mail or WhatsApp."),
            "mail_through": _("The email inbox by which customers of a web form get what they have not read."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["serving"].initial = self.instance.teams.all()
        through = self.fields["mail_through"]
        assert isinstance(through, forms.ModelChoiceField)
        through.queryset = Inbox.objects.filter(channel=Channel.EMAIL).exclude(address="")

    def clean_mail_after_minutes(self) -> int:
        given = self.cleaned_data["mail_after_minutes"]
        return int(self.instance.mail_after_minutes if given is None else given)

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

    name = forms.ChoiceField(label=_("Name"), choices=tuple(SECRETS.items()))
    value = forms.CharField(
        max_length=4_000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Never shown again. Leave it empty to keep the one that is stored."),
    )

    class Meta:
        model = InboxSecret
        fields = ("name", "value")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("value", None)

    def clean_value(self) -> str:
        given = str(self.cleaned_data["value"])
        if not given and not self.instance.pk:
            raise forms.ValidationError(gettext("Give the secret."), code="required")
        return given or self.instance.value
