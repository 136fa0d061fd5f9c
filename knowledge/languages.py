"""The languages that an article may be written in, by code."""

LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def named(code: str) -> str:
    """The language's name, or the code itself for one that only an import knows."""
    return LANGUAGES.get(code) or LANGUAGES.get(code.lower().split("-")[0]) or code


def choices(*present: str) -> list[tuple[str, str]]:
    """Every language to choose from by name, with `present` codes that are not on the list."""
    return sorted(
        [*LANGUAGES.items(), *((code, code) for code in present if code and code not in LANGUAGES)], key=lambda one: one[1]
    )
