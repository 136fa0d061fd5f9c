/* Lists: their order changes only while nobody uses them, and one row of each is its single tab stop. */
(() => {
  const { $, $$, fetchInto, openId, doing, settling } = window.contact;
  const ROWS = '.conv__link, [data-row]';
  let asked = 0, waiting, lastKey = 0, fresh = Date.now();

  const list = () => $('#conv-list, #stack, #tiles');
  const inUse = () => {
    const shown = list();
    if (shown?.id === 'tiles') return false;
    const focused = shown?.contains(document.activeElement) && Date.now() - lastKey < 3000;
    return $('.conv__pick input:checked') || shown?.matches(':hover') || focused;
  };

  const address = () => {
    const { url } = list().dataset, marks = $$('[data-mark]').map(one => one.dataset.mark);
    return `${url}${url.includes('?') ? '&' : '?'}open=${openId()}&have=${marks}`;
  };

  const refresh = now => {
    if (!list()) return;
    clearTimeout(waiting);
    const pill = $('#newer');
    if (!now && inUse()) {
      if (pill) pill.hidden = false;
      waiting = setTimeout(refresh, 1000);
      return;
    }
    const pause = now ? 0 : Math.max(0, (list().dataset.pause || 1000) - (Date.now() - asked));
    waiting = setTimeout(() => {
      asked = Date.now();
      if (pill) pill.hidden = true;
      fetchInto(address());
    }, pause);
  };

  const move = by => {
    if ($('#decide')) {
      const items = $$('.stack-item'), at = items.findIndex(item => item.ariaCurrent);
      return items[Math.max(0, Math.min(items.length - 1, at + by))]?.click();
    }
    const rows = $$(ROWS), at = rows.indexOf(document.activeElement.closest?.(ROWS) || $('.conv__link[aria-current]'));
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    rows.forEach(row => { row.tabIndex = -1; });
    if (!next) return;
    next.tabIndex = 0;
    next.focus();
  };

  const pick = () => {
    const row = document.activeElement.closest('.conv') || $('.conv:has([aria-current])') || document, box = $('.conv__pick input', row);
    if (box) box.checked = !box.checked;
  };

  const oneTabStop = () => {
    const first = $('.conv__link[aria-current]') || $('.conv__link');
    if (first && !$('.conv__link[tabindex="0"]')) first.tabIndex = 0;
    const rows = $$('[data-row]'), at = rows.find(row => row.getAttribute('tabindex') === '0') || rows[0];
    rows.forEach(row => { row.tabIndex = row === at ? 0 : -1; });
  };

  /* Ages grow while nothing happens, so figures are asked for every 5 s as well; 15 s without an answer is said on the page. */
  if ($('#tiles')) {
    setInterval(() => {
      $('#late').hidden = Date.now() - fresh < 15000;
      refresh();
    }, 5000);
  }

  addEventListener('keydown', () => { lastKey = Date.now(); }, true);
  addEventListener('htmx:after:request', event => {
    const { sourceElement, response } = event.detail.ctx;
    if (sourceElement.id === 'list-stale' && response.status === 200) fresh = Date.now();
  });
  addEventListener('htmx:after:swap', () => {
    if (!$('#list-stale [data-stale]')) return;
    $('#list-stale').replaceChildren();
    refresh();
  });

  doing.newer = () => refresh(true);
  settling.push(oneTabStop);
  Object.assign(window.contact, { list, refresh, move, pick });
})();
