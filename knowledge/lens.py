"""How a question is turned before it is compared with articles: people ask in other words than articles answer.

A small matrix, fitted on labelled questions (bench/fit_lens.py), moves a question's vector towards the articles that answer such
questions. It is low-rank, near the identity, and belongs to one embedding model; under any other the question stays as it is.
"""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "weights" / "lens.json"

Vector = NDArray[np.float32]


def through(vector: Vector, model_version: str) -> Vector:
    """The question's vector as articles are compared with it, of length one."""
    left, right, version = _matrix()
    return vector if version != model_version else turned(vector, left, right)


def turned(vector: Vector, left: Vector, right: Vector) -> Vector:
    """`vector` times (1 + left x right), of length one."""
    found = vector + (vector @ left) @ right
    return np.asarray(found / np.linalg.norm(found), np.float32)


@cache
def _matrix() -> tuple[Vector, Vector, str]:
    document: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return _numbers(document, "left"), _numbers(document, "right"), str(document["embedding"])


def _numbers(document: dict[str, Any], name: str) -> Vector:
    shape = document[name]["shape"]
    return np.frombuffer(base64.b64decode(document[name]["float16"]), "<f2").astype(np.float32).reshape(shape)
