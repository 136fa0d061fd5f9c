"""How a question is turned before it is compared with articles: people ask in other words than articles answer.

A small matrix, fitted on labelled questions (bench/fit_lens.py), moves a question's vector towards the articles that answer such
questions. It is low-rank, near the identity, and belongs to one embedding model; under any other the question stays as it is.
With it come the middles of the groups that those questions fall into, so that it can be told how far the lens may be relied on.
"""

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "weights" / "lens.json"

Vector = NDArray[np.float32]


def through(vector: Vector, model_version: str) -> Vector:
    """The question's vector as articles are compared with it, of length one."""
    fitted = _fitted()
    return vector if fitted.version != model_version else turned(vector, fitted.left, fitted.right)


def familiarity(vector: Vector, model_version: str) -> float:
    """How near a question is to those that the lens was fitted on; 0 under another model."""
    fitted = _fitted()
    return 0.0 if fitted.version != model_version else nearest(vector, fitted.middles)


def nearest(vector: Vector, middles: Vector) -> float:
    """The greatest cosine of `vector` with one of `middles`."""
    return float((middles @ vector).max())


def turned(vector: Vector, left: Vector, right: Vector) -> Vector:
    """`vector` times (1 + left x right), of length one."""
    found = vector + (vector @ left) @ right
    return np.asarray(found / np.linalg.norm(found), np.float32)


@dataclass(frozen=True)
class _Fitted:
    left: Vector
    right: Vector
    middles: Vector
    version: str


@cache
def _fitted() -> _Fitted:
    document: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    left, right, middles = (_numbers(document, name) for name in ("left", "right", "middles"))
    return _Fitted(left, right, middles, str(document["embedding"]))


def _numbers(document: dict[str, Any], name: str) -> Vector:
    shape = document[name]["shape"]
    return np.frombuffer(base64.b64decode(document[name]["float16"]), "<f2").astype(np.float32).reshape(shape)
