"""Answers from Claude, by Anthropic's official client: the contingency."""

import json
import time

import anthropic

from gateways.answer_format import SCHEMA, parse, user_text
from gateways.errors import DeadlinePassed, GatewayError
from gateways.types import Completion, Prompt

MAX_TOKENS = 1500
PERMANENT = (
    anthropic.AuthenticationError,
    anthropic.PermissionDeniedError,
    anthropic.BadRequestError,
    anthropic.NotFoundError,
)


class ClaudeModel:
    """One model at one address. The client never retries: the caller has the deadline."""

    def __init__(self, api_key: str, base_url: str, model: str) -> None:
        self.model = model
        self._client = anthropic.Anthropic(api_key=api_key, base_url=base_url, max_retries=0)

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Answer from the passages. Raises GatewayError, permanent when the request itself is refused."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlinePassed("no time left to ask Claude")
        try:
            answer = self._client.with_options(timeout=left).messages.create(
                model=self.model,
                max_tokens=MAX_TOKENS,
                system=prompt.system,
                messages=[{"role": "user", "content": user_text(prompt)}],
                tools=[{"name": "answer", "description": "Give the answer.", "input_schema": SCHEMA}],
                tool_choice={"type": "tool", "name": "answer"},
            )
        except PERMANENT as error:
            raise GatewayError(f"Claude refused the request: {type(error).__name__}", permanent=True) from error
        except anthropic.AnthropicError as error:
            raise GatewayError(f"Claude failed: {type(error).__name__}") from error
        return parse(_answer(answer), self.model, prompt)


def _answer(message: anthropic.types.Message) -> str:
    for block in message.content:
        if block.type == "tool_use" and block.name == "answer":
            return json.dumps(block.input)
    raise GatewayError("Claude did not answer in the agreed shape")
