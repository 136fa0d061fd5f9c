"""Lighthouse on the pages people work in, signed in as somebody of the demo.

    script/up --data /tmp/somewhere --port 8123
    npm install lighthouse@12
    script/python --dev bench/lighthouse.py --demo /tmp/somewhere/demo.json --lighthouse node_modules/.bin/lighthouse

Prints performance, accessibility and best practices (0 to 100) of each page, as a desk and as a telephone, and what fell short.
A browser signs in as a person would and Lighthouse uses that browser. Figures of one machine compare with each other only.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from contactcenter.starting import free_port

PAGES = {
    "ana": ["/queue/", "/approvals/", "/knowledge/"],
    "sam": ["/dashboards/"],
    "": ["/contact/", "/accounts/login/", "/status/"],
}
CATEGORIES = ("performance", "accessibility", "best-practices")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--demo", type=Path, required=True, help="demo.json of a running instance")
    options.add_argument("--lighthouse", default="lighthouse", help="the lighthouse command")
    options.add_argument("--form", choices=["desktop", "mobile", "both"], default="both")
    given = options.parse_args()
    demo = json.loads(given.demo.read_text())
    forms = ["desktop", "mobile"] if given.form == "both" else [given.form]
    print(f"{'page':28} {'form':8} " + " ".join(f"{name:>14}" for name in CATEGORIES))
    for who, paths in PAGES.items():
        _as_somebody(demo, who, paths, forms, given.lighthouse)


def _as_somebody(demo: dict, who: str, paths: list[str], forms: list[str], command: str) -> None:
    port = free_port()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        arguments = ["--no-sandbox", "--disable-gpu", f"--remote-debugging-port={port}"]
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        context = playwright.chromium.launch_persistent_context(profile, executable_path=chromium, args=arguments)
        more = _signed_in(context, demo, who) if who else []
        for path in [*paths, *more]:
            for form in forms:
                scores, faults = _judged(command, demo["url"] + path, port, form)
                print(f"{path:28} {form:8} " + " ".join(f"{score:>14}" for score in scores), flush=True)
                for fault in faults:
                    print(f"    {fault}")
        context.close()


def _signed_in(context: BrowserContext, demo: dict, name: str) -> list[str]:
    """Signs `name@demo.example` in; gives the address of a conversation, if that is a page of his."""
    user = next(one for one in demo["users"] if one["email"].startswith(f"{name}@"))
    page = context.new_page()
    page.goto(f"{demo['url']}/accounts/login/")
    page.fill("input[name=login]", user["email"])
    page.fill("input[name=password]", user["password"])
    page.click("button[type=submit]")
    page.wait_for_load_state("load")
    found = re.search(r'href="(/conversations/\d+/)', page.content())
    page.goto("about:blank")
    return [found[1]] if found else []


def _judged(command: str, url: str, port: int, form: str) -> tuple[list[int], list[str]]:
    """The three scores, and what fell short in them."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "report.json"
        arguments = [
            command,
            url,
            "--quiet",
            "--output=json",
            f"--output-path={out}",
            f"--port={port}",
            "--disable-storage-reset",
        ]
        arguments += [f"--only-categories={','.join(CATEGORIES)}", "--max-wait-for-load=30000"]
        if form == "desktop":
            arguments.append("--preset=desktop")
        subprocess.run(arguments, check=True, stderr=subprocess.DEVNULL)
        report = json.loads(out.read_text())
    scores = [round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES]
    wanted = {ref["id"] for name in CATEGORIES for ref in report["categories"][name]["auditRefs"] if ref["weight"] > 0}
    low = [one for one in report["audits"].values() if one["id"] in wanted and one["score"] is not None and one["score"] < 0.9]
    return scores, [f"{one['id']}: {one.get('displayValue', one['title'])}" for one in low]


if __name__ == "__main__":
    main()
