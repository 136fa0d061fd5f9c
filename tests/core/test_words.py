"""Words that rows keep, told in the reader's language."""

import pytest
from django.utils import translation

from core.words import known


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("Published", "Veröffentlicht"),
        ("Version 3 restored", "Version 3 wiederhergestellt"),
        ("The page is larger than 2 MB", "Die Seite ist größer als 2 MB"),
        ("“30 days” here, “14 days” there", "„30 days“ hier, „14 days“ dort"),
        ("Sounds like: a threat", "Klingt nach: Eine Drohung"),
        ("What somebody typed: 3 {0} %s “x", "What somebody typed: 3 {0} %s “x"),
        ("", ""),
        (None, ""),
    ],
)
def test_what_a_row_keeps_is_told_in_the_readers_language(kept: str | None, told: str) -> None:
    with translation.override("de"):
        assert known(kept) == told
    with translation.override("en"):
        assert known(kept) == (kept or "")
