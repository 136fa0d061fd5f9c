"""The one way in which HTTP leaves for a provider: to the address that was configured, and back with an answer of bearable size."""

import ssl
from collections.abc import AsyncIterator
from functools import cache

import httpx2

MOST_BYTES = 1_000_000


def http_client(most_bytes: int = MOST_BYTES) -> httpx2.AsyncClient:
    """A client that follows no redirect, asks no proxy or netrc of the environment, and reads at most so many bytes.

    A key must never reach another host than the one in the settings.
    """
    transport = Bounded(httpx2.AsyncHTTPTransport(verify=_trusted()), most_bytes)
    return httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False)


@cache
def _trusted() -> ssl.SSLContext:
    """Reading all the world's certificates takes longer than a call; they are read once."""
    return httpx2.create_ssl_context()


class Bounded(httpx2.AsyncBaseTransport):
    """Reads answers as they are and up to a size: what is compressed could be anything once it is unpacked."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, most_bytes: int = MOST_BYTES) -> None:
        self._inner, self._most_bytes = inner, most_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.DecodingError("the answer is compressed, which nobody asked for", request=request)
        response.stream = _Short(response.stream, request, self._most_bytes)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Short(httpx2.AsyncByteStream):
    def __init__(self, inner: object, request: httpx2.Request, most_bytes: int) -> None:
        assert isinstance(inner, httpx2.AsyncByteStream)
        self._inner, self._request, self._most_bytes = inner, request, most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._inner:
            size += len(part)
            if size > self._most_bytes:
                raise httpx2.DecodingError("the answer is far too long", request=self._request)
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()
