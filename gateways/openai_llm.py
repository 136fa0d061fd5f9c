"""Answers from OpenAI, or from any server that speaks its language, by its official client."""

import json
import logging
from dataclasses import dataclass, replace
from typing import Any

import openai

from gateways.answer_format import SCHEMA, user_text
from gateways.errors import GatewayError
from gateways.online import MAX_TOKENS, OnlineModel, Said, envelope, record, records, refused
from gateways.types import Prompt
from gateways.wire import http_client

logger = logging.getLogger(__name__)

NOT_UNDERSTOOD = (400, 422)
MOST_WORDS = 2000
IN_WORDS = "\n\nAnswer with one JSON object that fits this JSON Schema, and with nothing around it:\n"
# One alternative per token: left out, some servers send twenty of each, which is more than a megabyte.
EXTRAS = {"temperature": 0, "logprobs": True, "top_logprobs": 1}


@dataclass(frozen=True)
class Form:
    """What a server understands of a request: an answer's schema, and extras (fixed temperature, logprobs of the tokens)."""

    schema: bool = True
    extras: bool = True

    def simpler(self, refusal: str) -> "Form | None":
        """The form to try when this one was refused with these words. None when there is none simpler."""
        if self.extras and any(word in refusal for word in ("logprob", "temperature")):
            return replace(self, extras=False)
        if self.schema and any(word in refusal for word in ("response_format", "schema")):
            return replace(self, schema=False)
        return PLAINEST if self != PLAINEST else None

    def request(self, prompt: Prompt) -> dict[str, Any]:
        """The arguments that depend on what the server understands. Without a schema the system text has it in words."""
        wanted: dict[str, Any] = {"type": "json_object"}
        system = prompt.system + IN_WORDS + json.dumps(SCHEMA)
        if self.schema:
            wanted = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
            system = prompt.system
        return {
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user_text(prompt)}],
            "response_format": wanted,
            **(EXTRAS if self.extras else {}),
        }


PLAINEST = Form(schema=False, extras=False)


class OpenAIModel(OnlineModel):
    """Asks for strict structured output. A server that does not know it is asked more simply once, and so from then on."""

    provider = "openai"

    def __init__(self, api_key: str, base_url: str, model: str) -> None:
        super().__init__(model)
        self.form = Form()
        self._client = openai.AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client())

    async def ask(self, prompt: Prompt) -> Said:
        return await self._ask(prompt, self.form)

    async def _ask(self, prompt: Prompt, form: Form) -> Said:
        try:
            answer = await self._client.chat.completions.with_raw_response.create(
                model=self.model, max_completion_tokens=MAX_TOKENS, **form.request(prompt)
            )
        except openai.APIStatusError as error:
            simpler = form.simpler(_words(error)) if error.status_code in NOT_UNDERSTOOD else None
            if simpler is None:
                raise refused(self.provider, error.status_code, error.response.headers, error.code) from error
            return await self._ask(prompt, simpler)
        except openai.OpenAIError as error:
            raise GatewayError(f"openai failed: {type(error).__name__}") from error
        self._remember(form)
        return _said(envelope(answer.content))

    def _remember(self, form: Form) -> None:
        if form != self.form:
            facts = {"provider": self.name, "schema": form.schema, "extras": form.extras}
            logger.warning("a server knows less than OpenAI, and is asked more simply", extra={"facts": facts})
            self.form = form


def _words(error: openai.APIStatusError) -> str:
    return f"{error.message} {error.param}"[:MOST_WORDS].lower()


def _said(document: dict[str, Any]) -> Said:
    choices = records(document.get("choices"))
    if not choices:
        raise GatewayError("openai answered without a choice")
    usage = record(document.get("usage") or {})
    tokens = records(record(choices[0].get("logprobs") or {}).get("content") or [])
    return Said(
        content=record(choices[0].get("message")).get("content"),
        tokens_in=usage.get("prompt_tokens"),
        tokens_out=usage.get("completion_tokens"),
        logprobs=tuple(token.get("logprob") for token in tokens),
    )
