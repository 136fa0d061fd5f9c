"""The languages that an article may be written in, by code."""

from django.utils.translation import gettext_lazy as _

LANGUAGES = {
    "ar": _("Arabic"), "bg": _("Bulgarian"), "ca": _("Catalan"), "cs": _("Czech"), "da": _("Danish"), "de": _("German"), "el": _("Greek"),
    "en": _("English"), "es": _("Spanish"), "et": _("Estonian"), "fi": _("Finnish"), "fr": _("French"), "he": _("Hebrew"), "hi": _("Hindi"),
    "hr": _("Croatian"), "hu": _("Hungarian"), "id": _("Indonesian"), "it": _("Italian"), "ja": _("Japanese"), "ko": _("Korean"),
    "lt": _("Lithuanian"), "lv": _("Latvian"), "nl": _("Dutch"), "no": _("Norwegian"), "pl": _("Polish"), "pt": _("Portuguese"),
    "ro": _("Romanian"), "ru": _("Russian"), "sk": _("Slovak"), "sl": _("Slovenian"), "sr": _("Serbian"), "sv": _("Swedish"), "th": _("Thai"),
    "tr": _("Turkish"), "uk": _("Ukrainian"), "vi": _("Vietnamese"), "zh": _("Chinese"),
}  # fmt: skip


def named(code: str) -> str:
    """The language's name, or the code itself for one that only an import knows."""
    return str(LANGUAGES.get(code) or LANGUAGES.get(code.lower().split("-")[0]) or code)


def choices(*present: str) -> list[tuple[str, str]]:
    """Every language to choose from by name, with `present` codes that are not on the list."""
    codes = [*LANGUAGES, *(code for code in present if code and code not in LANGUAGES)]
    return sorted(((code, named(code)) for code in codes), key=lambda one: one[1])
