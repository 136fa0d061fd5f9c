"""What customers send from our pages."""

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

LONGEST_MESSAGE = 20_000
UNSHOWABLE = "Remove the characters that can’t be shown, then send again"
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
    """One message on the customer's own page."""

    text = TextField(
        max_length=LONGEST_MESSAGE,
        error_messages=_mistakes(
            "Write a message first",
            max_length="Shorten your message to 20,000 characters; it has %(show_value)d",
        ),
    )


class ContactForm(forms.Form):
    """The public form. `website` is for programs only: people do not see it."""

    topic = forms.ChoiceField(
        label="What is it about?",
        required=False,
        choices=lambda: [(topic, topic) for topic in settings.CONTACT_TOPICS],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of these, or none"},
    )
    name = LineField(
        label="Name",
        required=False,
        max_length=160,
        help_text="So that we know how to address you",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
        error_messages=_mistakes("", max_length="Shorten the name to 160 characters"),
    )
    email = forms.EmailField(
        label="Email",
        max_length=254,
        help_text="So that we know you when you come back",
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email", "spellcheck": "false"}),
        error_messages=_mistakes(
            "Enter your email address",
            invalid="Enter an email address with an @, like name@example.com",
            max_length="Enter an email address of at most 254 characters",
        ),
    )
    message = TextField(
        label="What happened?",
        max_length=LONGEST_MESSAGE,
        help_text="Write in any language",
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 5, "dir": "auto"}),
        error_messages=_mistakes(
            "Tell us what happened",
            max_length="Shorten your message to 20,000 characters; it has %(show_value)d",
        ),
    )
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "tabindex": "-1"}),
        error_messages={"null_characters_not_allowed": "Leave this empty"},
    )

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError("Leave this empty; it is there to keep programs out")
        return ""
