"""What customers send from our pages."""

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.words import gettext_noop, known

LONGEST_MESSAGE = 20_000
UNSHOWABLE = _("Remove the characters that can’t be shown, then send again")
# Those that settings.py offers where nobody has named others.
TOPICS = (
    gettext_noop("An order or a return"), gettext_noop("Something broke"),
    gettext_noop("The app or my account"), gettext_noop("My data and privacy"),
)  # fmt: skip
INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")


class LineField(forms.CharField):
    """One line: whatever space it came with is a single blank."""

    def to_python(self, value: Any) -> str:
        return " ".join(str(super().to_python(value)).split())


class TextField(forms.CharField):
    """Somebody's words. A browser counts a line break as one character and sends two, so it counts as one here too."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n").strip()
        # Words of which nothing can be seen are no words; a NUL is a mistake of its own, which a validator names.
        return text if "\0" in text or any(unicodedata.category(sign) not in INVISIBLE for sign in text) else ""


def _mistakes(missing: str, **more: str) -> dict[str, str]:
    return {"required": missing, "null_characters_not_allowed": UNSHOWABLE} | more


class MessageForm(forms.Form):
    """One message on the customer's own page. Files may come without words."""

    text = TextField(
        max_length=LONGEST_MESSAGE,
        error_messages=_mistakes(
            _("Write a message first"),
            max_length=_("Shorten your message to 20,000 characters; it has %(show_value)d"),
        ),
    )


class ContactForm(forms.Form):
    """The public form. `website` is for programs only: people do not see it."""

    topic = forms.ChoiceField(
        label=_("What is it about?"),
        required=False,
        choices=lambda: [(topic, known(topic)) for topic in settings.CONTACT_TOPICS],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose one of these, or none")},
    )
    name = LineField(
        label=_("Name"),
        required=False,
        max_length=160,
        help_text=_("So that we know how to address you"),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
        error_messages=_mistakes("", max_length=_("Shorten the name to 160 characters")),
    )
    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("So that we know you when you come back"),
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email", "spellcheck": "false"}),
        error_messages=_mistakes(
            _("Enter your email address"),
            invalid=_("Enter an email address with an @, like name@example.com"),
            max_length=_("Enter an email address of at most 254 characters"),
        ),
    )
    message = TextField(
        label=_("What happened?"),
        max_length=LONGEST_MESSAGE,
        help_text=_("Write in any language"),
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 5, "dir": "auto"}),
        error_messages=_mistakes(
            _("Tell us what happened"),
            max_length=_("Shorten your message to 20,000 characters; it has %(show_value)d"),
        ),
    )
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "tabindex": "-1"}),
        error_messages={"null_characters_not_allowed": _("Leave this empty")},
    )

    def knows_who(self) -> None:
        """A site vouches for whoever writes: nothing that he could type would say it better."""
        for name in ("name", "email", "topic"):
            self.fields.pop(name, None)

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(gettext("Leave this empty; it is there to keep programs out"))
        return ""


class ChatForm(ContactForm):
    """How a chat begins: with a message. Who writes may say it, so that the answer finds him when he has left."""

    topic = None  # type: ignore[assignment]
    email = forms.EmailField(
        label=_("Email"),
        required=False,
        max_length=254,
        help_text=_("The answer comes by email too if you leave before it is here"),
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email", "spellcheck": "false"}),
        error_messages=_mistakes(
            "",
            invalid=_("Enter an email address with an @, like name@example.com"),
            max_length=_("Enter an email address of at most 254 characters"),
        ),
    )
    message = TextField(
        label=_("Your message"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 3, "dir": "auto"}),
        error_messages=_mistakes(
            _("Write a message first"),
            max_length=_("Shorten your message to 20,000 characters; it has %(show_value)d"),
        ),
    )
