"""Templates: nothing inline that the content security policy would refuse, nothing marked safe by hand."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FILES = [pytest.param(file, id=str(file.relative_to(ROOT))) for file in TEMPLATES]

FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)", re.I),
    "an inline style": re.compile(r"<style\b|\sstyle=", re.I),
    "an event handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I),
    "code in an attribute": re.compile(r"\bhx-on\b|javascript:", re.I),
    "something from elsewhere": re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"'](?:https?:)?//", re.I),
    "text marked safe": re.compile(r"\|\s*safe\b|autoescape\s+off"),
}


@pytest.mark.parametrize("file", FILES)
def test_a_template_holds_nothing_the_policy_would_refuse(file: Path) -> None:
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", file.read_text(), flags=re.S)
    found = {name: match.group(0)[:80] for name, pattern in FORBIDDEN.items() if (match := pattern.search(text))}
    assert not found


@pytest.mark.parametrize("file", [one for one in FILES if one.id and Path(one.id).name.startswith("_")])
def test_a_partial_is_no_page(file: Path) -> None:
    assert "<html" not in file.read_text() and "{% extends" not in file.read_text()


@pytest.mark.parametrize("file", FILES)
def test_htmx_finds_its_socket_extension_when_it_starts(file: Path) -> None:
    """A deferred htmx starts itself as soon as the page is parsed: sometimes before the next deferred script, the extension, has run."""
    htmx = re.search(r"<script[^>]*vendor/(?:htmx|hx-ws)[^>]*>", file.read_text())
    assert htmx is None or not re.search(r"\b(?:defer|async)\b", htmx.group(0))
