/* Lists: nothing moves under a hand. What is new waits behind the bar while the list is in use; rows change in place; what left the
   view stays, dimmed, until the next refresh. One row of each list is its single tab stop. */
(() => {
  const { $, $$, fetchInto, isBackground, openId, say, word, doing, settling } = window.contact;
  const ROWS = '.conv__link, [data-row]', IN_ROW = '.convs, .stack-list, [data-rows]', SAY_MS = 30000;
  let asked = 0, waiting, lastKey = 0, fresh = Date.now(), wanted = false, waits = false, said = 0;

  const list = () => $('#conv-list, #stack, #tiles');
  const inRow = el => el.closest?.(IN_ROW);

  /* In use: pointed at, something selected, or the focus in it. A stack is in use only as long as somebody goes through it. */
  const inUse = () => {
    const shown = list();
    if (!shown || shown.id === 'tiles') return false;
    const focused = shown.contains(document.activeElement) && (shown.id === 'conv-list' || Date.now() - lastKey < 3000);
    return Boolean($('.conv__pick input:checked') || shown.matches(':hover') || focused);
  };

  const address = () => {
    const { url } = list().dataset, marks = $$('[data-mark]').map(one => one.dataset.mark);
    return `${url}${url.includes('?') ? '&' : '?'}open=${openId()}&have=${marks}`;
  };

  const refresh = now => {
    if (!list()) return;
    clearTimeout(waiting);
    wanted ||= now === true;
    if (!now && !$('#newer') && inUse()) {
      waiting = setTimeout(refresh, 1000);
      return;
    }
    const pause = now ? 0 : Math.max(0, (list().dataset.pause || 1000) - (Date.now() - asked));
    waiting = setTimeout(() => {
      asked = Date.now();
      fetchInto(address());
    }, pause);
  };

  /* The bar over the list: how many are new, or nothing. */
  const showBar = (count, moved) => {
    const bar = $('#newer');
    if (bar) bar.hidden = !count && !moved;
    if (!bar || bar.hidden) return;
    const text = count === 1 ? word('newer-one') : count ? word('newer-many', { count }) : word('newer-order');
    ($('[data-newer]', bar) || [...bar.childNodes].find(node => node.nodeType === Node.TEXT_NODE && node.data.trim())).textContent = text;
    if (!count || Date.now() - said < SAY_MS) return;
    said = Date.now();
    say(`${text}.`);
  };

  const leaves = row => {
    row.dataset.left = '';
    const note = $('.conv__left', row) || Object.assign(document.createElement('span'), { className: 'conv__left' });
    // Where the row itself says why it left, that is what is read; this stands in for it.
    note.dataset.said = word('left');
    if (!note.isConnected) $('.conv__meta', row).prepend(note);
  };

  /* A list that came while this one is in use: its rows change in place, the rest waits. */
  const held = (task, shown) => {
    const rows = $$('.conv', task.fragment), ids = rows.map(row => row.id), whole = !$('#conv-more', task.fragment);
    const here = $$('.conv', shown).map(row => row.id), known = ids.filter(id => here.includes(id));
    const gone = whole ? here.filter(id => !ids.includes(id)) : [];
    gone.forEach(id => leaves($('#' + id)));
    const stayed = here.filter(id => ids.includes(id));
    const moved = gone.length > 0 || known.some((id, at) => id !== stayed[at]);
    waits = moved || ids.length > known.length;
    showBar(ids.length - known.length, moved);
    return rows.filter(row => here.includes(row.id)).map(row => {
      const fragment = document.createDocumentFragment();
      fragment.append(row);
      return { ...task, fragment, target: $('#' + row.id, shown), swapSpec: { style: 'outerMorph' } };
    });
  };

  addEventListener('htmx:before:swap', event => {
    const { tasks } = event.detail, shown = $('#conv-list');
    const at = tasks.findIndex(task => shown && task.target === shown && task.swapSpec.style === 'innerMorph');
    if (at < 0 || !isBackground(event.detail.ctx)) return;
    if (!wanted && inUse()) tasks.splice(at, 1, ...held(tasks[at], shown));
    else waits = showBar(0, false);
    wanted = false;
  });

  const rows = () => $$($('#decide') ? '.stack-item' : ROWS);
  const place = all => {
    const focused = all.indexOf(document.activeElement.closest?.('.stack-item, ' + ROWS));
    return focused >= 0 ? focused : all.findIndex(row => row.ariaCurrent);
  };
  const move = by => {
    const all = rows(), next = all[Math.max(0, Math.min(all.length - 1, place(all) + by))];
    if (!next) return;
    if ($('#decide')) return next.click();
    all.forEach(row => { row.tabIndex = -1; });
    next.tabIndex = 0;
    next.focus();
  };

  const boxOf = row => row?.closest('.conv') && $('.conv__pick input', row.closest('.conv'));
  const pick = () => { const all = rows(); boxOf(all[place(all)])?.click(); };
  const extend = by => {
    for (const step of [0, by]) {
      if (step) move(step);
      const all = rows(), box = boxOf(all[place(all)]);
      if (box && !box.checked) box.click();
    }
  };

  const oneTabStop = () => {
    const first = $('.conv__link[aria-current]') || $('.conv__link');
    if (first && !$('.conv__link[tabindex="0"]')) first.tabIndex = 0;
    const others = $$('[data-row]'), at = others.find(row => row.getAttribute('tabindex') === '0') || others[0];
    others.forEach(row => { row.tabIndex = row === at ? 0 : -1; });
  };

  /* What waits behind the bar comes by itself as soon as nobody uses the list. */
  setInterval(() => { if (waits && !inUse()) refresh(); }, 1000);

  /* Ages grow while nothing happens, so figures are asked for every 5 s as well; 15 s without an answer is said on the page. */
  if ($('#tiles')) {
    setInterval(() => {
      $('#late').hidden = Date.now() - fresh < 15000;
      refresh();
    }, 5000);
  }

  addEventListener('keydown', () => { lastKey = Date.now(); }, true);
  addEventListener('htmx:after:request', event => {
    const { ctx } = event.detail;
    if (isBackground(ctx) && ctx.response.status === 200) fresh = Date.now();
  });
  addEventListener('htmx:after:swap', () => {
    if (!$('#list-stale [data-stale]')) return;
    $('#list-stale').replaceChildren();
    refresh();
  });

  Object.assign(doing, {
    newer: () => refresh(true),
    nextRow: () => move(1),
    rowBefore: () => move(-1),
    pickNext: () => extend(1),
    pickBefore: () => extend(-1),
    pick,
  });
  settling.push(oneTabStop);
  Object.assign(window.contact, { list, refresh, inRow });
})();
