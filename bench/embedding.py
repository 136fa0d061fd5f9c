"""What the local embedding model costs: texts per second by length and batch, and importing and indexing articles.

    python bench/embedding.py [--articles 1000] [--shared ../shared/data]

One thread, as a worker has it. Each figure is also given as a multiple of a fixed piece of arithmetic in the same run, because
machines and their other work differ. The import runs the production code in stores of its own, which are thrown away.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from contactcenter.instance import borrowed  # noqa: E402
from knowledge import embedding  # noqa: E402

WORDS = [
    "where",
    "is",
    "the",
    "parcel",
    "that",
    "I",
    "ordered",
    "last",
    "week",
    "and",
    "can",
    "I",
    "still",
    "change",
    "the",
    "address",
    "or",
    "get",
    "my",
    "money",
    "back",
    "please",
]
LENGTHS = (8, 20, 64, 128, 250)
BATCHES = (1, 8, 32, 128)
ROUNDS = 7


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "data")
    given = parser.parse_args()
    began = time.perf_counter()
    embedding.local_model()
    print(json.dumps({"load_s": round(time.perf_counter() - began, 2)}))
    for tokens in LENGTHS:
        text = " ".join(WORDS[n % len(WORDS)] for n in range(tokens))
        print(json.dumps({"tokens": tokens} | {f"batch_{batch}": _speed(text, batch) for batch in BATCHES}), flush=True)
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder, borrowed(Path(folder), os.environ) as settings:
        return _import(given.articles, given.shared, settings, Path(folder))


def _speed(text: str, batch: int) -> dict[str, float]:
    texts = [f"{text} {n}" for n in range(batch)]
    took, fixed = zip(*((_seconds(lambda: embedding.embed(texts)), _seconds(_arithmetic)) for _ in range(ROUNDS)), strict=True)
    per_text = min(took) / batch
    return {"texts_per_s": round(1 / per_text, 1), "per_fixed": round(min(fixed) / per_text, 2)}


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _arithmetic() -> float:
    """A product of matrices on one thread, about as long as a short sentence."""
    square = np.ones((256, 256), np.float32)
    return statistics.fmean(float((square @ square).sum()) for _ in range(20))


_IMPORT = """
import json, sys, time
import django
django.setup()
from itertools import islice
from pathlib import Path
from core.context import Actor, acting_as
from knowledge.importing import import_articles
from knowledge.indexing import default_base
from knowledge.models import Chunk
from knowledge.sources import SourceArticle
lines = [json.loads(line) for name in ("kb_large", "kb_tech", "kb_site", "kb_bank")
         for line in (Path(sys.argv[1]) / name / "articles.jsonl").read_text("utf-8").splitlines()]
wanted = [SourceArticle(f"{n}", one["title"], one["body"]) for n, one in enumerate(islice(lines, int(sys.argv[2])))]
began = time.perf_counter()
with acting_as(Actor.system("bench")):
    done = import_articles(default_base(), wanted)
took = time.perf_counter() - began
with acting_as(Actor.system("bench")):
    chunks = Chunk.objects.count()
print(json.dumps({"articles": done.created, "chunks": chunks, "seconds": round(took, 1), "chunks_per_s": round(chunks / took, 1)}))
"""


def _import(articles: int, shared: Path, settings: dict[str, str], folder: Path) -> int:
    environ = settings | {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "contactcenter.settings"}
    subprocess.run([sys.executable, str(ROOT / "manage.py"), "prepare_database", "-v", "0"], env=environ, check=True)
    command = [sys.executable, "-c", _IMPORT, str(shared), str(articles)]
    return subprocess.run(command, env=environ, check=False, cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main())
