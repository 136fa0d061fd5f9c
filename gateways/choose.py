"""What the settings chose: which language model answers, and how each channel is reached."""

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from gateways.llm import Failover
from gateways.local_llm import LocalModel
from gateways.types import Channel, LanguageModel

PROVIDERS = ("offline", "openai", "anthropic")
# By name, as Django names its backends: each client takes seconds to import, and most installations use one or none.
CLIENTS = {"openai": "gateways.openai_llm.OpenAIModel", "anthropic": "gateways.claude_llm.ClaudeModel"}


def llm(provider: str = "") -> LanguageModel:
    """The language model to ask. Without a key of any provider it is the local one, which needs no network.

    `provider` names one of offline, openai, anthropic and no other; raises ValueError when it has no key.
    """
    return _offline() if provider == "offline" else _online(provider, _keys())


@lru_cache(maxsize=1)
def _offline() -> LanguageModel:
    return LocalModel()


def _keys() -> tuple[tuple[str, str, str, str], ...]:
    named = (
        ("openai", settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL, settings.OPENAI_MODEL),
        ("anthropic", settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL, settings.ANTHROPIC_MODEL),
    )
    return tuple(one for one in named if one[1])


# The clients hold connection pools, so they are made once per configuration.
@lru_cache(maxsize=8)
def _online(provider: str, keys: tuple[tuple[str, str, str, str], ...]) -> LanguageModel:
    if provider and provider not in [name for name, *_ in keys]:
        raise ValueError(f"provider {provider} is unknown or has no key")
    chosen = [import_string(CLIENTS[name])(key, url, model) for name, key, url, model in keys if provider in ("", name)]
    return Failover(tuple(chosen)) if chosen else _offline()


def channel(name: str) -> Channel:
    """How messages of that channel are carried: what settings.CHANNEL_GATEWAYS names. Raises ValueError for one that does not exist."""
    gateway = settings.CHANNEL_GATEWAYS.get(name)
    if gateway is None:
        raise ValueError(f"no such channel: {name}")
    made: Channel = import_string(gateway)(name)
    return made
