"""Only a page of ours opens a socket."""

import pytest

from contactcenter.origin import is_same_origin


def headers(*origins: str, host: str = "localhost:8000") -> list[tuple[bytes, bytes]]:
    return [(b"host", host.encode()), *[(b"origin", one.encode()) for one in origins]]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_our_own_page_opens_a_socket(scheme: str) -> None:
    assert is_same_origin(headers(f"{scheme}://localhost:8000"))
    assert is_same_origin(headers(f"{scheme}://LOCALHOST:8000"))


@pytest.mark.parametrize(
    "origins",
    [
        (), ("null",), ("",), ("http://evil.example",), ("http://localhost.evil.example:8000",), ("http://evil.localhost:8000",),
        ("http://localhost",), ("http://localhost:9000",), ("http://user@localhost:8000",), ("file://localhost:8000",),
        ("http://localhost:8000", "http://localhost:8000"), ("http://localhost:8000", "http://evil.example"), ("http://[",),
    ],
)  # fmt: skip
def test_everybody_else_is_refused(origins: tuple[str, ...]) -> None:
    assert not is_same_origin(headers(*origins))


def test_a_host_that_is_not_ours_is_refused_even_when_it_matches() -> None:
    assert not is_same_origin(headers("http://evil.example:8000", host="evil.example:8000"))


def test_an_origin_that_settings_trust_is_let_in(settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://help.example.org"]
    assert is_same_origin(headers("https://help.example.org"))
