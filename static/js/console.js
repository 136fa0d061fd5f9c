/* The console's own script: keys, palette, clocks, the order of lists, texts kept while they are written, connection state.
   Everything that is shown comes from the server; nothing here knows what a conversation is. */
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const app = $('#app'), panes = $('#panes'), net = $('#net');
  const say = (text, urgent) => { const el = $(urgent ? '#live-assertive' : '#live-polite'); if (el) el.textContent = text; };
  const fetchInto = url => htmx.ajax('GET', url, { source: '#list-stale', target: '#list-stale', swap: 'none', headers: { 'X-Background': '1' } });
  const post = (url, values) => fetch(url, { method: 'POST', body: new URLSearchParams(values), headers: { 'X-CSRFToken': csrf(), 'HX-Request': 'true' } });
  const csrf = () => JSON.parse(document.body.getAttribute('hx-headers:inherited') || '{}')['X-CSRFToken'] || '';
  const ROWS = '.conv__link, [data-row]';
  const typing = el => el.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select');
  const offline = () => net?.dataset.state === 'offline';

  /* Dialogs, menus, panes */
  const open = id => { const d = $('#' + id); if (!d || d.open) return; d.showModal(); ($('input:checked:not([type=checkbox])', d) || $('input:not([type=hidden])', d))?.focus(); };
  const side = () => { const over = innerWidth <= 1280, on = panes?.classList.toggle(over ? 'show-side' : 'is-wide'); if (over && panes) ($(on ? '.side__close' : '.thread__bar [data-do=side]'))?.focus(); };
  const jump = () => { const s = scroller(); s.scrollTop = s.scrollHeight; };
  const scroller = () => (matchMedia('(max-width: 48rem)').matches ? $('#thread') : $('#thread-scroll'));
  const theme = () => { const dark = (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark'; const next = dark ? 'light' : 'dark'; document.documentElement.dataset.theme = next; post('/preferences/', { theme: next }); };
  const edit = () => {
    const box = $('.draft__edit'), home = box?.closest('.draft, .decide'); if (!home) return;
    const on = home.classList.toggle('is-editing'); box.disabled = !on; if (on) box.focus(); else home.focus();
  };
  const skip = () => { const items = $$('.stack-item'), at = items.findIndex(i => i.ariaCurrent); (items[at + 1] || items[0])?.click(); };
  const mode = name => { const radio = $('#mode-' + name); if (radio) { radio.checked = true; modeChanged(name); $('#composer-body')?.focus(); } };
  const doing = { side, jump, theme, edit, skip, newer: () => refresh(true), back: e => { e.preventDefault(); panes.dataset.pane = 'list'; $('.conv__link[aria-current]')?.focus(); } };

  addEventListener('click', e => {
    const opener = e.target.closest('[data-open]'); if (opener) { opener.closest('[popover]')?.hidePopover?.(); open(opener.dataset.open); }
    if (e.target.closest('[data-close]') || e.target.matches('dialog')) e.target.closest('dialog').close();
    const act = e.target.closest('[data-do]'); if (act) { $('#palette')?.close(); doing[act.dataset.do]?.(e); }
    const option = e.target.closest('[role=option]'); if (option) run(option);
    const link = e.target.closest('.conv__link'); if (link && !e.ctrlKey && !e.metaKey) current('.conv__link', link);
    const item = e.target.closest('.stack-item'); if (item) current('.stack-item', item);
    const cite = e.target.closest('.cite'); if (cite) { e.preventDefault(); const p = $(cite.hash); if (p) { p.open = true; p.scrollIntoView({ block: 'nearest' }); } }
  });
  const current = (all, chosen) => { $$(all).forEach(l => { l.removeAttribute('aria-current'); if (l.matches('.conv__link')) l.tabIndex = -1; }); chosen.setAttribute('aria-current', 'true'); chosen.tabIndex = 0; if (panes && chosen.matches('.conv__link')) panes.dataset.pane = 'thread'; };

  /* Palette */
  const options = () => $$('#palette [role=option]').filter(o => !o.hidden);
  const choose = o => { $$('#palette [aria-selected]').forEach(x => x.removeAttribute('aria-selected')); if (o) { o.setAttribute('aria-selected', 'true'); $('#palette input').setAttribute('aria-activedescendant', o.id); o.scrollIntoView({ block: 'nearest' }); } };
  const run = o => { $('#palette').close(); if (o.dataset.href) location.href = o.dataset.href; else if (o.dataset.press) press(o.dataset.press); else if ('find' in o.dataset) location.href = '/queue/?view=open&q=' + encodeURIComponent($('#palette input').value); };
  addEventListener('input', e => {
    if (!e.target.closest('#palette')) return keepText(e.target);
    const words = e.target.value.trim().toLowerCase(), find = $('#cmd-find');
    $$('#palette [role=option]').forEach(o => { o.hidden = o === find ? !words : !o.textContent.toLowerCase().includes(words); });
    $$('#palette [role=group]').forEach(g => { g.hidden = !$('[role=option]:not([hidden])', g); });
    $('b', find).textContent = e.target.value; choose(options()[0]);
  });

  /* Keyboard. A decision key is armed 700 ms after a draft is shown; repeat never decides. */
  let prefix = '', shownAt = performance.now(), lastKey = 0;
  const decides = ['a', 'r', 't'];
  const press = key => {
    if (decides.includes(key) && (performance.now() - shownAt < 700 || $('.is-editing'))) return;
    const el = $(`[data-key="${key}"]`, $('#dock') || $('#decide') || document) || $(`[data-key="${key}"]`);
    if (el && !el.disabled && el.checkVisibility?.() !== false) el.click(); else if (el?.closest('[popover]')) el.click();
  };
  const move = by => {
    if ($('#decide')) { const items = $$('.stack-item'), at = items.findIndex(i => i.ariaCurrent); return items[Math.max(0, Math.min(items.length - 1, at + by))]?.click(); }
    const links = $$(ROWS); if (!links.length) return;
    const at = links.indexOf(document.activeElement.closest?.(ROWS) || $('.conv__link[aria-current]'));
    const next = links[Math.max(0, Math.min(links.length - 1, at + by))]; links.forEach(l => { l.tabIndex = -1; }); next.tabIndex = 0; next.focus();
  };
  const pick = () => { const box = $('.conv__pick input', document.activeElement.closest('.conv') || $('.conv:has([aria-current])') || document); if (box) box.checked = !box.checked; };
  const nextSource = () => { const all = $$('.passage'), at = all.findIndex(p => p.open); if (at >= 0) all[at].open = false; const n = all[(at + 1) % all.length]; if (n) { n.open = true; n.scrollIntoView({ block: 'nearest' }); } };
  const keys = { '?': () => open('help'), '/': () => ($('[data-find-here]') ? $('[data-find-here]').focus() : open('palette')), g: () => { prefix = 'g'; setTimeout(() => { prefix = ''; }, 1200); }, j: () => move(1), k: () => move(-1), x: pick, '.': () => refresh(true), c: () => mode('reply'), n: () => ($('#mode-note') ? mode('note') : press('n')), z: () => $('[data-undo]')?.click(), '\\': side, ']': nextSource };
  addEventListener('keydown', e => {
    lastKey = Date.now();
    const mod = e.ctrlKey || e.metaKey, palette = $('#palette'), rejecting = $('dialog.reject[open]');
    if (mod && e.key.toLowerCase() === 'k') { e.preventDefault(); if (palette?.open) palette.close(); else { open('palette'); choose(options()[0]); } return; }
    if (palette?.open) {
      if (!['ArrowDown', 'ArrowUp', 'Enter'].includes(e.key)) return;
      e.preventDefault(); const all = options(), at = all.findIndex(o => o.ariaSelected === 'true');
      return e.key === 'Enter' ? all[Math.max(0, at)]?.click() : choose(all[(at + (e.key === 'ArrowDown' ? 1 : -1) + all.length) % all.length]);
    }
    if (rejecting && !typing(e.target) && /^[1-6]$/.test(e.key)) return $$('input[type=radio]', rejecting)[+e.key - 1]?.click();
    if (rejecting && e.key === 'Enter' && e.target.type === 'radio') { e.preventDefault(); if (!e.repeat) $('[type=submit]', rejecting).click(); return; }
    if (mod && e.key === 'Enter' && !e.repeat) { if (e.target.closest('.draft__edit')) $('[data-key=a]', e.target.form)?.click(); else if (e.target.id === 'composer-body') e.target.form.requestSubmit(); else if (e.target.form?.matches('[data-save]')) e.target.form.requestSubmit($('[data-default]', e.target.form)); return; }
    if (e.key === 'Escape') { if (e.target.closest('.draft__edit')) return edit(); if (typing(e.target) && !e.target.closest('dialog')) return e.target.blur(); if ($('.panes.show-side')) return side(); return $$('.conv__pick input:checked').forEach(b => { b.checked = false; }); }
    if (e.key === ' ' && e.target.closest('.conv__link')) { e.preventDefault(); return pick(); }
    if (mod || e.altKey || e.repeat || typing(e.target) || $('dialog[open]')) return;
    if (['ArrowDown', 'ArrowUp'].includes(e.key) && e.target.closest('.convs, .stack-list, [data-rows]')) { e.preventDefault(); return move(e.key === 'ArrowDown' ? 1 : -1); }
    if (document.body.dataset.letters === 'off') return;
    const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
    if (prefix) { prefix = ''; const to = { q: '/queue/', a: '/approvals/', d: '/dashboards/', k: '/knowledge/' }[key]; if (to) location.href = to; return; }
    if (keys[key]) { e.preventDefault(); keys[key](); } else if (/^[a-z]$/.test(key) && $(`[data-key="${key}"]`)) { e.preventDefault(); press(key); }
  });
  addEventListener('change', e => { if (e.target.id === 'single-keys') document.body.dataset.letters = e.target.checked ? 'on' : 'off'; if (e.target.name === 'mode' && e.target.closest('.dock')) modeChanged(e.target.value); });

  /* The composer: two texts in one box, kept on the server within a second and here until then. */
  let textMode = 'reply', saving;
  const keepAt = box => `keep:${box.form.dataset.keep}:${textMode}`;
  const keepText = box => {
    if (box.id !== 'composer-body') return;
    box.dataset[textMode] = box.value; localStorage.setItem(keepAt(box), box.value);
    clearTimeout(saving); const url = box.form.dataset.keep, values = { mode: textMode, text: box.value }, at = keepAt(box);
    saving = setTimeout(() => post(url, values).then(r => r.ok && localStorage.removeItem(at)).catch(() => {}), 600);
  };
  const modeChanged = name => { const box = $('#composer-body'); if (!box || name === 'ai') return; box.dataset[textMode] = box.value; textMode = name; box.value = box.dataset[name] || ''; };
  const restoreText = () => { const box = $('#composer-body'); if (!box) return; textMode = $('#mode-note')?.checked ? 'note' : 'reply'; for (const m of ['reply', 'note']) { const kept = localStorage.getItem(`keep:${box.form.dataset.keep}:${m}`); if (kept) box.dataset[m] = kept; } box.value = box.dataset[textMode] || ''; };

  /* Clocks */
  const span = s => (s < 3600 ? `${Math.max(1, Math.floor(s / 60))} m` : s < 86400 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`);
  const seconds = iso => (new Date(iso) - Date.now()) / 1000;
  const tick = () => {
    $$('[data-due]').forEach(el => { const s = seconds(el.dataset.due); el.textContent = s < 0 ? `${span(-s)} over` : span(s); });
    $$('[data-age]').forEach(el => { const s = -seconds(el.dateTime); if (s < 86400) el.textContent = s < 60 ? 'now' : span(s); });
    $$('[data-clock]').forEach(el => { el.textContent = new Date(el.dateTime).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false }); });
  };
  const countDown = () => $$('[data-until]').forEach(el => {
    const left = seconds(el.dataset.until), ring = $('.countdown', el);
    if (ring) { ring.style.setProperty('--p', Math.max(0, Math.min(1, left / 5))); ring.firstElementChild.textContent = Math.max(0, Math.ceil(left)); if (left <= 0) el.remove(); }
    else el.textContent = left > 0 ? `in ${Math.ceil(left)} s` : 'now';
  });
  setInterval(tick, 20000); setInterval(countDown, 250);

  /* The list changes order only while nobody uses it. */
  let stale = false, asked = 0, waiting;
  const list = () => $('#conv-list, #stack, #tiles');
  const inUse = () => { const l = list(); return l?.id !== 'tiles' && ($('.conv__pick input:checked') || l?.matches(':hover') || (l?.contains(document.activeElement) && Date.now() - lastKey < 3000)); };
  const address = () => { const l = list(); if (!l) return ''; const id = $('#dock')?.dataset.conversation || $('[data-decide]')?.dataset.decide || ''; return `${l.dataset.url}${l.dataset.url.includes('?') ? '&' : '?'}open=${id}&have=${$$('[data-mark]').map(m => m.dataset.mark)}`; };
  const refresh = now => {
    if (!list()) return; clearTimeout(waiting);
    if (!now && inUse()) { if ($('#newer')) $('#newer').hidden = false; waiting = setTimeout(refresh, 1000); return; }
    const pause = now ? 0 : Math.max(0, (list().dataset.pause || 1000) - (Date.now() - asked));
    waiting = setTimeout(() => { asked = Date.now(); if ($('#newer')) $('#newer').hidden = true; fetchInto(address()); }, pause);
  };

  /* Ages grow while nothing happens, so figures are asked for every 5 s as well; 15 s without an answer is said on the page. */
  let fresh = Date.now();
  if ($('#tiles')) setInterval(() => { $('#late').hidden = Date.now() - fresh < 15000; refresh(); }, 5000);

  /* Connection */
  let lost, since;
  const show = (state, label) => { if (!net) return; net.dataset.state = state; $('.label', net).textContent = label; $$('[data-key=a], [data-key=t], .reject [type=submit], #composer [type=submit]').forEach(b => { b.disabled = state === 'offline'; }); };
  const away = () => { if (offline()) return; since = new Date(); show('offline', 'Offline'); const box = document.createElement('div'); box.className = 'banner is-warn'; box.role = 'status'; box.textContent = `You’re offline since ${since.toTimeString().slice(0, 5)}. What you write is kept here; sending and approving wait until the connection is back.`; $('#net-banner').replaceChildren(box); };
  const ended = { 4401: 'You are signed out. Sign in again to go on; what you wrote is kept.', 4403: 'Your access was changed. Reload the page to see what you may see now.', 4404: 'This conversation is no longer visible to you.', 4408: 'Your session ended because nothing happened for a while. Sign in again; what you wrote is kept.' };
  let caughtUp, again;
  const catchUp = () => {
    clearTimeout(lost); clearTimeout(again); lost = 0; caughtUp = !app.dataset.sync;
    const query = list()?.dataset.url.split('?')[1] || '', id = $('#dock')?.dataset.conversation || $('[data-decide]')?.dataset.decide || '';
    const asked = caughtUp ? Promise.resolve() : fetchInto(`${app.dataset.sync}?after=${$('#seq').textContent}&open=${id}&${query}`);
    asked.then(() => { if (caughtUp) { show('live', 'Live'); $('#net-banner').replaceChildren(); } else again = setTimeout(catchUp, 2000); });
  };
  addEventListener('htmx:after:request', e => { if (e.detail.ctx.sourceElement.id === 'list-stale' && e.detail.ctx.response.status === 200) { caughtUp = true; fresh = Date.now(); } });
  addEventListener('htmx:ws:after:connection', catchUp);
  addEventListener('online', catchUp);
  addEventListener('htmx:ws:close', e => {
    const why = ended[e.detail.code];
    if (why) { away(); $('#net-banner').firstChild.textContent = why; say(why, true); return; }
    if (!lost && !offline()) { show('reconnecting', 'Reconnecting'); lost = setTimeout(away, 10000); }
  });
  addEventListener('offline', away);

  /* After every swap */
  const settled = () => { tick(); countDown(); if (!$('.conv__link[tabindex="0"]')) { const first = $('.conv__link[aria-current]') || $('.conv__link'); if (first) first.tabIndex = 0; } const rows = $$('[data-row]'), at = rows.find(r => r.getAttribute('tabindex') === '0') || rows[0]; rows.forEach(r => { r.tabIndex = r === at ? 0 : -1; }); $$('.toast[data-fade]:not([data-seen])').forEach(t => { t.dataset.seen = ''; setTimeout(() => t.remove(), 5000); }); if (offline()) show('offline', 'Offline'); };
  let draftOn = '', openOn = '', boxOn;
  addEventListener('htmx:before:request', e => { if (e.detail.ctx.sourceElement.id === 'composer') clearTimeout(saving); });
  addEventListener('htmx:after:request', e => { const box = $('#composer-body'); if (box && e.detail.ctx.sourceElement.id === 'composer' && e.detail.ctx.response.status === 200) localStorage.removeItem(keepAt(box)); });
  addEventListener('htmx:after:swap', () => {
    const draft = $('.draft[data-version], [data-decide]')?.closest('.draft, .decide'), id = draft && `${$('[data-decide]', draft)?.dataset.decide}.${$('[name=version]', draft)?.value}`;
    if (id && id !== draftOn) { draftOn = id; shownAt = performance.now(); if ($('#decide') && !typing(document.activeElement)) { $('#decide').classList.remove('is-editing'); $('#decide').focus({ preventScroll: true }); current('.stack-item', $(`#stack-${id.split('.')[0]}`) || document.createElement('a')); } else if ($('#composer-body')?.value === '' && !$('#dock').contains(document.activeElement)) $('#mode-ai').checked = true; }
    const opened = $('#dock')?.dataset.conversation || '';
    if ($('#composer-body') !== boxOn) { boxOn = $('#composer-body'); restoreText(); }
    if (opened !== openOn) { openOn = opened; atNewest(); }
    if ($('#list-stale [data-stale]')) { $('#list-stale').replaceChildren(); refresh(); }
    settled();
  });
  const atNewest = () => { const s = scroller(); if (!s) return; s.scrollTop = s.scrollHeight; };
  addEventListener('took-over', () => mode('reply'));
  addEventListener('htmx:response:error', e => { const code = e.detail.ctx.response.status; if ([401, 409, 422].includes(code) || e.detail.ctx.sourceElement.id === 'list-stale') return; say(code === 403 ? 'You may not do this.' : code === 404 ? 'That is no longer here.' : 'That did not work. Nothing was lost; try again.', true); toastText(code); });
  const toastText = code => { const t = document.createElement('div'); t.className = 'toast'; t.dataset.fade = ''; t.append(document.createElement('i'), Object.assign(document.createElement('span'), { textContent: code === 403 ? 'You may not do this.' : code === 404 ? 'That is no longer here.' : 'That did not work. Nothing was lost; try again.' })); $('#toasts')?.append(t); settled(); };

  openOn = $('#dock')?.dataset.conversation || ''; boxOn = $('#composer-body'); draftOn = $('[data-decide]') ? `${$('[data-decide]').dataset.decide}.${$('[name=version]')?.value}` : '';
  restoreText(); atNewest(); settled();
  const told = $('#toasts .toast > span'); if (told) setTimeout(() => say(told.textContent.trim()), 300);
})();
