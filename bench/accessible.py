"""axe on every page of a running demo: each role, both themes, desk and telephone, and whatever opens on a page.

    script/up --data /tmp/somewhere --port 8123
    script/python --dev bench/accessible.py --demo /tmp/somewhere/demo.json

Follows the links of each role's pages, one page of each kind (numbers in an address do not make another kind), and on each also
opens every dialog, menu and fold that can be opened without changing anything. Prints one line for each kind of page and each
violation; exit 1 when there is one. Nothing is clicked that would send, decide or change.
"""

import argparse
import json
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
STARTS = {
    "ana": ["/queue/", "/approvals/"],
    "sam": ["/dashboards/", "/approvals/audits/"],
    "ada": ["/admin/"],
    "": ["/contact/", "/status/"],
}
LEAVE_OUT = re.compile(r"/accounts/logout/|/hooks/|/api/|\.json$|/attachments/|/original/|/jsi18n/|/download")
MOST = 80


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--demo", type=Path, required=True, help="demo.json of a running instance")
    options.add_argument("--only", default="", help="one role: ana, sam, ada; or nobody")
    given = options.parse_args()
    demo = json.loads(given.demo.read_text())
    faults = pages = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for who, starts in STARTS.items():
            if given.only in ("", who or "nobody"):
                kinds = _kinds(browser, demo, who, starts)
                for size in SIZES:
                    for theme in ("light", "dark"):
                        seen, found = _all_judged(browser, demo, who, kinds, size, theme)
                        pages, faults = pages + seen, faults + found
        browser.close()
    print(f"{pages} pages and states looked at, {faults} violations")
    sys.exit(1 if faults else 0)


def _page(browser: Browser, demo: dict, who: str, size: str = "desk", theme: str = "light") -> Page:
    page = browser.new_context(
        base_url=demo["url"], viewport=SIZES[size], color_scheme=theme, reduced_motion="reduce"
    ).new_page()  # type: ignore[arg-type]
    if who:
        user = next(one for one in demo["users"] if one["email"].startswith(f"{who}@"))
        page.goto("/accounts/login/")
        page.fill("input[name=login]", user["email"])
        page.fill("input[name=password]", user["password"])
        page.click("button[type=submit]")
        page.wait_for_load_state("networkidle")
    return page


def _kinds(browser: Browser, demo: dict, who: str, starts: list[str]) -> list[str]:
    """One address of each kind of page that the role's links lead to."""
    page, waiting, found = _page(browser, demo, who), list(starts), {}
    while waiting and len(found) < MOST:
        address = waiting.pop(0)
        kind = re.sub(r"\d+", "N", re.sub(r"=[^&]*", "=", address.split("#")[0]))
        if kind in found or LEAVE_OUT.search(address):
            continue
        answer = page.goto(address)
        if answer is None or "html" not in answer.headers.get("content-type", ""):
            continue
        found[kind] = address
        for href in page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))"):
            target = urlsplit(urljoin(page.url, href))
            if f"{target.scheme}://{target.netloc}" == demo["url"]:
                waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    page.context.close()
    return list(found.values())


def _all_judged(browser: Browser, demo: dict, who: str, kinds: list[str], size: str, theme: str) -> tuple[int, int]:
    page, seen, faults, opened = _page(browser, demo, who, size, theme), 0, 0, set()
    for address in kinds:
        page.goto(address)
        page.wait_for_timeout(400)
        for state in ("as it is", *_openable(page)):
            kind = re.sub(r"\d+", "N", state)
            # A dialog is the same on every page that brings it along; a fold is not.
            if state != "as it is" and (kind in opened or not _open(page, address, state)):
                continue
            opened |= {kind} - {"as it is", "details"}
            seen += 1
            for fault in Axe().run(page, options=RULES).response["violations"]:
                faults += 1
                where = ", ".join(str(node["target"][0]) for node in fault["nodes"][:3])
                print(f"{who or 'nobody':6} {size:5} {theme:5} {address} [{state}]: {fault['id']} at {where}")
    print(f"{who or 'nobody':6} {size:5} {theme:5}: {len(kinds)} kinds of page, {seen} states, {faults} violations", flush=True)
    page.context.close()
    return seen, faults


def _openable(page: Page) -> list[str]:
    """Selectors of dialogs and menus that a page brings along, and one for all of its folds."""
    dialogs = page.eval_on_selector_all("dialog[id]", "all => all.map(one => '#' + CSS.escape(one.id))")
    menus = page.eval_on_selector_all("[popover][id]", "all => all.map(one => '#' + CSS.escape(one.id))")
    return [*dialogs, *menus, *(["details"] if page.locator("details:not([open])").count() else [])]


def _open(page: Page, address: str, selector: str) -> bool:
    page.goto(address)
    page.wait_for_timeout(200)
    script = """selector => { const all = [...document.querySelectorAll(selector)]; if (!all.length) return false;
        all.forEach(one => one.showModal ? one.showModal() : one.showPopover ? one.showPopover() : (one.open = true)); return true; }"""
    try:
        return bool(page.evaluate(script.replace("one.showPopover ?", "one.popover ?"), selector))
    except Exception:  # a menu whose opener is not on this page
        return False


if __name__ == "__main__":
    main()
