"""What the settings chose: which language model answers, and how each channel is reached."""

from dataclasses import dataclass, field
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from gateways.breaker import breaker
from gateways.llm import Failover, Guarded
from gateways.local_llm import LocalModel
from gateways.types import Channel, Connection, LanguageModel

PROVIDERS = ("offline", "openai", "anthropic")
# By name, as Django names its backends: each client takes seconds to import, and most installations use one or none.
CLIENTS = {"openai": "gateways.openai_llm.OpenAIModel", "anthropic": "gateways.claude_llm.ClaudeModel"}
TRANSPORTS = {
    "web": "gateways.webform.web",
    "sandbox": "gateways.sandbox.outbox",
    "gmail": "gateways.mail.gmail.carrier",
    "mail": "gateways.mail.smtp.carrier",
    "cloud": "gateways.whatsapp.client.carrier",
}


@dataclass(frozen=True)
class Online:
    """One provider as the settings have it."""

    provider: str
    key: str = field(repr=False)
    url: str
    model: str

    @property
    def name(self) -> str:
        """What its breaker is called, and what people read: openai:gpt-4.1-mini."""
        return f"{self.provider}:{self.model}"


def llm(provider: str = "") -> LanguageModel:
    """The language model to ask. Without a key of any provider it is the local one, which needs no network; with one, the
    local one stands in when nobody online answers.

    `provider` names one of offline, openai, anthropic and no other, not even as a stand-in; raises ValueError when it has no key.
    """
    return _offline() if provider == "offline" else _online(provider, configured(), settings.LLM_SECONDS)


def configured() -> tuple[Online, ...]:
    """The online providers that have a key, in the order in which they are asked."""
    named = (
        Online("openai", settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL, settings.OPENAI_MODEL),
        Online("anthropic", settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL, settings.ANTHROPIC_MODEL),
    )
    return tuple(one for one in named if one.key)


def standings() -> dict[str, str]:
    """How each configured provider stands with its breaker, as all processes know it: closed, open, misconfigured..."""
    return {one.name: breaker(one.name).state for one in configured()}


@lru_cache(maxsize=1)
def _offline() -> LanguageModel:
    return LocalModel()


# The clients hold connection pools, so they are made once per configuration.
@lru_cache(maxsize=8)
def _online(provider: str, known: tuple[Online, ...], seconds: float) -> LanguageModel:
    if provider and provider not in [one.provider for one in known]:
        raise ValueError(f"provider {provider} is unknown or has no key")
    chosen = [_guarded(one, seconds) for one in known if provider in ("", one.provider)]
    return Failover(chosen, seconds=seconds, stand_in=None if provider else _offline()) if chosen else _offline()


def _guarded(one: Online, seconds: float) -> Guarded:
    return Guarded(one.name, import_string(CLIENTS[one.provider])(one.key, one.url, one.model), seconds)


def carrier(connection: Connection) -> Channel:
    """How the messages of one inbox are carried. Raises ValueError for a transport that does not exist."""
    gateway = settings.CHANNEL_GATEWAYS.get(connection.channel) or TRANSPORTS.get(connection.transport)
    if gateway is None:
        raise ValueError(f"no such transport: {connection.transport}")
    made: Channel = import_string(gateway)(connection)
    return made
