"""What people send from the pages of the articles."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from knowledge import languages
from knowledge.editing import Wording
from knowledge.models import Article, Audience, KnowledgeBase
from knowledge.sources import MAX_BODY

LARGE = {"class": "input"}
AUDIENCES = [
    (Audience.PUBLIC, _("Customers"), _("Replies to customers may rest on it.")),
    (Audience.INTERNAL, _("Staff only"), _("Never part of a reply to a customer.")),
]


class ArticleForm(forms.Form):
    """An article as it is written. `version` is the one that the writer began with, `key` makes sending a new one twice harmless."""

    title = forms.CharField(
        label=_("Title"),
        max_length=300,
        widget=forms.TextInput(attrs={"class": "input is-lg", "autocomplete": "off"}),
        help_text=_("As a customer would ask or look for it."),
        error_messages={"required": _("Give it a title.")},
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=MAX_BODY,
        widget=forms.Textarea(attrs={"class": "textarea know__text", "rows": 18, "spellcheck": "true"}),
        error_messages={
            "required": _("Write something first."),
            "max_length": _("That is too long for one article. Split it."),
        },
    )
    audience = forms.ChoiceField(
        label=_("Who is it for?"),
        choices=Audience.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say who it is for.")},
    )
    category = forms.CharField(
        label=_("Category"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=LARGE | {"list": "categories", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(label=_("Language"), widget=forms.Select(attrs={"class": "select"}))
    base = forms.ModelChoiceField(
        label=_("Knowledge base"), queryset=KnowledgeBase.objects.none(), widget=forms.Select(attrs={"class": "select"}),
        empty_label=None, required=False,
    )  # fmt: skip
    owner = forms.ModelChoiceField(
        label=_("Owner"), queryset=User.objects.none(), required=False, empty_label=_("Nobody"), show_hidden_initial=True,
        widget=forms.Select(attrs={"class": "select"}), help_text=_("Who keeps it right."),
    )  # fmt: skip
    review_by = forms.DateField(
        label=_("Review by"), required=False, show_hidden_initial=True, help_text=_("From then on it is listed as due."),
        widget=forms.DateInput(attrs=LARGE | {"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Give a date as 2026-12-31.")},
    )  # fmt: skip
    url = forms.URLField(
        label=_("Public page"), required=False, max_length=500, assume_scheme="https", help_text=_("Where customers can read it themselves."),
        widget=forms.URLInput(attrs=LARGE | {"placeholder": "https://"}),
        error_messages={"invalid": _("Give a whole address, beginning with https://.")},
    )  # fmt: skip
    note = forms.CharField(
        label=_("What changed, and why"), required=False, max_length=200, widget=forms.TextInput(attrs=LARGE),
        help_text=_("Shown in the list of versions."),
    )  # fmt: skip
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, article: Article | None = None, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="%s", **kwargs)
        self.fields["language"].choices = languages.choices(article.language if article else "")  # type: ignore[attr-defined]
        self.fields["owner"].queryset = User.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
        self.fields["base"].queryset = KnowledgeBase.objects.all()  # type: ignore[attr-defined]
        if article is not None:
            del self.fields["base"]

    @classmethod
    def about(cls, article: Article) -> "ArticleForm":
        """The form filled with the article."""
        names = ("title", "body", "audience", "category", "language", "owner", "review_by", "url", "version")
        return cls(article=article, initial={name: getattr(article, name) for name in names})

    @classmethod
    def empty(cls, base: KnowledgeBase | None, owner: User, **given: Any) -> "ArticleForm":
        """The form for a new article by `owner`."""
        language = base.language if base else "en"
        first = {"audience": Audience.PUBLIC, "language": language, "base": base, "owner": owner, "key": uuid.uuid4()}
        return cls(initial=first | given)

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean_body(self) -> str:
        return str(self.cleaned_data["body"]).replace("\r\n", "\n")

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if url and not url.startswith(("http://", "https://")):
            raise ValidationError(self.fields["url"].error_messages["invalid"])
        return url

    @property
    def wording(self) -> Wording:
        """What was typed; for a form that is valid."""
        names = ("title", "body", "category", "url", "language", "audience")
        return Wording(**{name: self.cleaned_data[name] for name in names})


class VersionForm(forms.Form):
    """The version that a button was pressed on."""

    version = forms.IntegerField(min_value=1)


class RestoreForm(VersionForm):
    """`number` is the version whose words should come back."""

    number = forms.IntegerField(min_value=1)


class UploadForm(forms.Form):
    """Everything about an upload but its files, which are read one by one."""

    audience = forms.ChoiceField(
        label=_("Who are they for?"), choices=Audience.choices, widget=forms.RadioSelect, initial=Audience.PUBLIC,
        error_messages={"required": _("Say who they are for.")},
    )  # fmt: skip
    language = forms.ChoiceField(
        label=_("Language"),
        widget=forms.Select(attrs={"class": "select"}),
        help_text=_("For files that do not say it themselves."),
    )
    category = forms.CharField(
        label=_("Category"), max_length=120, required=False, help_text=_("For files that do not say it themselves."),
        widget=forms.TextInput(attrs=LARGE | {"list": "categories", "autocomplete": "off"}),
    )  # fmt: skip
    base = forms.ModelChoiceField(
        label=_("Knowledge base"), queryset=KnowledgeBase.objects.none(), widget=forms.Select(attrs={"class": "select"}),
        empty_label=None, required=False,
    )  # fmt: skip
    files_win = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="%s", **kwargs)
        self.fields["language"].choices = languages.choices()  # type: ignore[attr-defined]
        self.fields["base"].queryset = KnowledgeBase.objects.all()  # type: ignore[attr-defined]
