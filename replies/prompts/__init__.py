"""Prompts, versioned by name. The name is stored with each draft."""

from functools import cache
from pathlib import Path


@cache
def prompt_text(name: str) -> str:
    """The text of that prompt. A changed text gets a new name."""
    return (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8")
