/* The focus is never lost: when what had it is replaced or goes, it moves to the element of the same id, else to the row that takes
   the place, else to the part of the page around it; never to the page as a whole. */
(() => {
  const { $, $$, say, word } = window.contact;
  const ROW = '.conv__link, .stack-item, [data-row]', LIST = '.convs, .stack-list, [data-rows]';
  let last = null;

  const isLost = () => !document.activeElement || document.activeElement === document.body;
  const usable = el => el?.isConnected && !el.disabled && el.checkVisibility();

  const remember = el => {
    const list = el.closest(LIST), homes = [];
    for (let up = el.parentElement; up; up = up.parentElement) if (up.id) homes.push(up.id);
    last = { el, id: el.id, homes, list: list?.id, at: list ? $$(ROW, list).indexOf(el.closest(ROW)) : -1, row: el.matches(ROW) };
  };

  const rowInPlace = () => {
    if (!last.row || !last.list) return null;
    const rows = $$(ROW, $('#' + last.list)), row = rows[Math.min(last.at, rows.length - 1)];
    if (!row) return null;
    row.tabIndex = 0;
    say(word('row-gone'));
    return row;
  };

  const around = () => {
    const home = last.homes.map(id => document.getElementById(id)).find(el => usable(el) && el.hasAttribute('tabindex'));
    return home || $('#main');
  };

  const restore = () => {
    if (!last || !isLost() || $('dialog[open]')) return;
    const same = last.el.isConnected ? last.el : last.id && document.getElementById(last.id);
    // Busy, not gone: it has the focus again as soon as the answer is there.
    if (same?.isConnected && same.disabled && same.checkVisibility()) return;
    const next = usable(same) ? same : rowInPlace() || around();
    next?.focus({ preventScroll: true });
  };

  addEventListener('focusin', event => remember(event.target));
  addEventListener('focusout', () => setTimeout(() => {
    if (isLost() && usable(last?.el)) last = null;
  }));

  const main = $('#main');
  if (main && !main.hasAttribute('tabindex')) main.tabIndex = -1;

  new MutationObserver(restore).observe(document.body, { childList: true, subtree: true });
  addEventListener('htmx:finally:request', () => setTimeout(restore));
  addEventListener('htmx:after:swap', () => setTimeout(restore));
  document.addEventListener('close', () => setTimeout(restore), true);
})();
