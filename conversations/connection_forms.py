"""The form by which an admin connects an inbox: which transport, and what that one needs to know besides its secrets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.models import Account, Channel, Inbox, Transport

SECURITIES = (("tls", _("TLS from the start")), ("starttls", _("STARTTLS")), ("none", _("None (only on this machine)")))


@dataclass(frozen=True)
class Setting:
    """One thing that a transport has to be told. `kind` is text, number, flag or security."""

    transport: str
    name: str
    label: Promise
    kind: str = "text"
    is_needed: bool = False
    initial: Any = None
    help: Promise | str = ""


SETTINGS = (
    Setting(Transport.MAIL, "imap_host", _("IMAP server"), help=_("Empty where mail comes in by the hook.")),
    Setting(Transport.MAIL, "imap_port", _("IMAP port"), "number", initial=993),
    Setting(Transport.MAIL, "imap_user", _("IMAP user")),
    Setting(Transport.MAIL, "imap_security", _("IMAP encryption"), "security", initial="tls"),
    Setting(
        Transport.MAIL, "sent_folder", _("Folder of sent mail"),
        help=_("What colleagues write in a mail program of their own is found there, such as Sent. Empty: not looked at."),
    ),
    Setting(
        Transport.MAIL, "save_sent", _("Keep a copy there"), "flag",
        help=_("For providers that keep none of what goes out by SMTP. A reply in doubt is looked for in that folder."),
    ),
    Setting(Transport.MAIL, "smtp_host", _("SMTP server"), is_needed=True),
    Setting(Transport.MAIL, "smtp_port", _("SMTP port"), "number", initial=465),
    Setting(Transport.MAIL, "smtp_user", _("SMTP user")),
    Setting(Transport.MAIL, "smtp_security", _("SMTP encryption"), "security", initial="tls"),
    Setting(
        Transport.MAIL, "authentication_server", _("Server that verifies senders"),
        help=_(
            "Its name as it stands first in Authentication-Results, such as mx.shop.example. What it says of a sender is believed;"
            " empty: nobody counts as verified. Also for mail that comes in by the hook."
        ),
    ),
    Setting(
        Transport.GMAIL, "topic", _("Topic of push notifications"),
        help=_("projects/…/topics/…; without one Gmail is asked every minute."),
    ),
    Setting(
        Transport.GMAIL, "backfill_days", _("Days to look back at first"), "number",
        help=_("How old the mails may be that come in when it is connected. Empty: only what comes from then on."),
    ),
    Setting(Transport.GMAIL, "push_audience", _("Audience of push notifications")),
    Setting(Transport.GMAIL, "push_account", _("Service account of push notifications")),
    Setting(Transport.CLOUD, "phone_number_id", _("Phone number ID"), is_needed=True),
    Setting(Transport.CLOUD, "business_account_id", _("Business account ID"), help=_("Needed for message templates.")),
)  # fmt: skip

TRANSPORTS = {
    Channel.EMAIL: (Transport.SANDBOX, Transport.MAIL, Transport.GMAIL),
    Channel.WHATSAPP: (Transport.SANDBOX, Transport.CLOUD),
    Channel.WEB: (Transport.WEB,),
}

# The secrets that each transport asks for, and those that the inbox makes for itself, by channel.
SECRETS = {
    "secret": _("Mail hook: secret"),
    "app_secret": _("WhatsApp: app secret"),
    "verify_token": _("WhatsApp: verify token"),
    "access_token": _("WhatsApp: access token"),
    "client_id": _("Gmail: client ID"),
    "client_secret": _("Gmail: client secret"),
    "refresh_token": _("Gmail: refresh token"),
    "push_token": _("Gmail: push token"),
    "imap_password": _("IMAP password"),
    "smtp_password": _("SMTP password"),
    "identity_secret": _("Web: secret that signs customers"),
}
MADE_HERE = {
    Channel.EMAIL: ("secret", "push_token"),
    Channel.WHATSAPP: ("verify_token",),
    Channel.WEB: ("identity_secret",),
}


class ConnectionForm(forms.Form):
    """An account's transport and settings. Fields of a transport that is not chosen are kept and not asked for."""

    transport = forms.ChoiceField(label=_("By"))

    def __init__(self, inbox: Inbox, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        allowed = TRANSPORTS[Channel(inbox.channel)]
        chosen = self.fields["transport"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [(one.value, one.label) for one in allowed]
        chosen.initial = account.transport
        for setting in SETTINGS:
            if setting.transport in allowed:
                self.fields[setting.name] = _field(setting, account.settings.get(setting.name))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for setting in SETTINGS:
            if setting.is_needed and setting.transport == given.get("transport") and not given.get(setting.name):
                self.add_error(setting.name, gettext("This is needed."))
            if setting.kind == "security" and given.get(setting.name) == "none" and not _is_near(given, setting):
                self.add_error(setting.name, gettext("Without encryption only a server on this machine may be used."))
        return given

    def sections(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The fields of each transport under its name."""
        for transport in dict.fromkeys(one.transport for one in SETTINGS):
            names = [one.name for one in SETTINGS if one.transport == transport and one.name in self.fields]
            if names:
                yield str(Transport(transport).label), [self[name] for name in names]

    def settings(self) -> dict[str, Any]:
        """What is to be kept: everything that was given, also for a transport that is not used just now."""
        found = {one.name: self.cleaned_data.get(one.name) for one in SETTINGS if one.name in self.fields}
        return dict(self.account.settings) | {name: value for name, value in found.items() if value not in (None, "")}


def _field(setting: Setting, kept: Any) -> forms.Field:
    initial = setting.initial if kept is None else kept
    if setting.kind == "number":
        return forms.IntegerField(
            label=setting.label, required=False, initial=initial, min_value=1, max_value=65535, help_text=setting.help
        )
    if setting.kind == "flag":
        return forms.BooleanField(label=setting.label, required=False, initial=bool(initial), help_text=setting.help)
    if setting.kind == "security":
        return forms.ChoiceField(label=setting.label, required=False, initial=initial, choices=SECURITIES)
    return forms.CharField(label=setting.label, required=False, initial=initial, max_length=200, help_text=setting.help)


def _is_near(given: dict[str, Any], setting: Setting) -> bool:
    """Whether the server whose encryption this is stands on this machine."""
    host = given.get(setting.name.replace("security", "host"))
    return not host or host in ("localhost", "127.0.0.1", "::1")
