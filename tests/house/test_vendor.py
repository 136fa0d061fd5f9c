"""What is vendored is what its manifest says, at the versions that package.json names."""

import base64
import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"


def test_vendored_files_are_the_published_ones() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text())
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    present = {file.name for file in VENDOR.iterdir()} - {"manifest.json"}
    assert present == set(manifest)
    for name, facts in manifest.items():
        digest = base64.b64encode(hashlib.sha384((VENDOR / name).read_bytes()).digest()).decode()
        assert facts["sha384"] == f"sha384-{digest}", name
        assert facts["version"] == wanted[facts["package"]]
