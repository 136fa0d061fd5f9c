"""Answers from Claude, by Anthropic's official client: the contingency."""

import json
from typing import Any

import anthropic

from gateways.answer_format import SCHEMA, user_text
from gateways.errors import GatewayError
from gateways.online import MAX_TOKENS, OnlineModel, Said, envelope, record, records, refused
from gateways.types import Prompt
from gateways.wire import http_client


class ClaudeModel(OnlineModel):
    """Answers by calling its one tool, whose input has the agreed shape."""

    provider = "anthropic"

    def __init__(self, api_key: str, base_url: str, model: str) -> None:
        super().__init__(model)
        self._client = anthropic.AsyncAnthropic(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client())

    async def ask(self, prompt: Prompt) -> Said:
        try:
            answer = await self._client.messages.with_raw_response.create(
                model=self.model,
                max_tokens=MAX_TOKENS,
                system=prompt.system,
                messages=[{"role": "user", "content": user_text(prompt)}],
                tools=[{"name": "answer", "description": "Give the answer.", "input_schema": SCHEMA}],
                tool_choice={"type": "tool", "name": "answer"},
            )
            body = await answer.read()
        except anthropic.APIStatusError as error:
            raise refused(self.provider, error.status_code, error.response.headers) from error
        except anthropic.AnthropicError as error:
            raise GatewayError(f"anthropic failed: {type(error).__name__}") from error
        return _said(envelope(body))


def _said(document: dict[str, Any]) -> Said:
    usage = record(document.get("usage") or {})
    blocks = records(document.get("content"))
    inputs = [block.get("input") for block in blocks if block.get("type") == "tool_use" and block.get("name") == "answer"]
    return Said(
        content=json.dumps(inputs[0]) if inputs else None,  # Without the tool it answered nothing that we asked for.
        tokens_in=usage.get("input_tokens"),
        tokens_out=usage.get("output_tokens"),
    )
