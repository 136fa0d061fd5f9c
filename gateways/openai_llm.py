"""Answers from OpenAI, by its official client."""

import time

import openai

from gateways.answer_format import SCHEMA, parse, user_text
from gateways.errors import DeadlinePassed, GatewayError
from gateways.types import Completion, Prompt

PERMANENT = (openai.AuthenticationError, openai.PermissionDeniedError, openai.BadRequestError, openai.NotFoundError)


class OpenAIModel:
    """One model at one address. The client never retries: the caller has the deadline and a second provider."""

    def __init__(self, api_key: str, base_url: str, model: str) -> None:
        self.model = model
        self._client = openai.OpenAI(api_key=api_key, base_url=base_url, max_retries=0)

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Answer from the passages. Raises GatewayError, permanent when the request itself is refused."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlinePassed("no time left to ask OpenAI")
        try:
            answer = self._client.with_options(timeout=left).chat.completions.create(
                model=self.model,
                messages=[{"role": "system", "content": prompt.system}, {"role": "user", "content": user_text(prompt)}],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
                },
            )
        except PERMANENT as error:
            raise GatewayError(f"OpenAI refused the request: {type(error).__name__}", permanent=True) from error
        except openai.OpenAIError as error:
            raise GatewayError(f"OpenAI failed: {type(error).__name__}") from error
        if not answer.choices:
            raise GatewayError("OpenAI answered without a choice")
        return parse(answer.choices[0].message.content, self.model, prompt)
