"""The one way in which HTTP leaves for a provider: to the address that was configured, and back with an answer of bearable size."""

from collections.abc import AsyncIterator

import httpx2

MOST_BYTES = 1_000_000


def http_client() -> httpx2.AsyncClient:
    """A client that follows no redirect, asks no proxy or netrc of the environment, and reads at most MOST_BYTES.

    A key must never reach another host than the one in the settings.
    """
    return httpx2.AsyncClient(transport=Bounded(httpx2.AsyncHTTPTransport()), follow_redirects=False, trust_env=False)


class Bounded(httpx2.AsyncBaseTransport):
    """Reads answers as they are and up to a size: what is compressed could be anything once it is unpacked."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.DecodingError("the answer is compressed, which nobody asked for", request=request)
        response.stream = _Short(response.stream, request)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Short(httpx2.AsyncByteStream):
    def __init__(self, inner: object, request: httpx2.Request) -> None:
        assert isinstance(inner, httpx2.AsyncByteStream)
        self._inner, self._request = inner, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._inner:
            size += len(part)
            if size > MOST_BYTES:
                raise httpx2.DecodingError("the answer is far too long", request=self._request)
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()
