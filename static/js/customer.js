/* The customer's pages: words kept until they are sent, the connection, the newest message in sight. Without it both pages work. */
(() => {
  const $ = s => document.querySelector(s), $$ = s => [...document.querySelectorAll(s)];
  const log = $('#chat-log'), write = $('#write'), box = $('#chat-in') || $('#message'), form = box?.form;

  /* Words are kept in this browser until they are sent. */
  const at = 'keep:' + (box?.dataset.keep || location.pathname + location.search);
  const keep = () => { try { if (box.value) localStorage.setItem(at, box.value); else localStorage.removeItem(at); } catch { /* a browser may forbid it */ } };
  if (box) {
    try {
      if (write && sessionStorage.sending) { localStorage.removeItem(sessionStorage.sending); sessionStorage.removeItem('sending'); }
      if (box.value) keep(); else box.value = localStorage.getItem(at) || '';
    } catch { /* nothing is kept then */ }
    box.addEventListener('input', keep);
    form.addEventListener('submit', () => { if (!write) { keep(); try { sessionStorage.sending = at; } catch { /* then it stays kept */ } } });
    box.addEventListener('keydown', e => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && !e.repeat && !e.isComposing) { e.preventDefault(); form.requestSubmit($('#write > [type=submit]') || undefined); } });
  }

  /* Times in the reader's own zone. */
  const tell = el => {
    const when = new Date(el.dateTime), hours = { hour: '2-digit', minute: '2-digit' }, today = when.toDateString() === new Date().toDateString();
    el.textContent = today ? when.toLocaleTimeString([], hours) : when.toLocaleString([], { day: 'numeric', month: 'long', ...hours });
    el.title = when.toLocaleString([], { dateStyle: 'full', timeStyle: 'short' });
  };
  const settle = () => $$('[data-moment]').forEach(tell);
  settle();
  if (!write) return;

  /* The newest message stays in sight, unless the reader has gone back to an older one. */
  let below = true;
  const newest = () => { log.scrollTop = log.scrollHeight; };
  log.addEventListener('scroll', () => { below = log.scrollHeight - log.scrollTop - log.clientHeight < 60; });
  addEventListener('htmx:after:swap', () => { settle(); if (below) newest(); });
  newest();

  /* Sending. A sending that found no connection is repeated when there is one: its number makes the second the first. */
  let sent = '', again = false;
  const isWrite = e => e.detail.ctx.sourceElement === write;
  addEventListener('htmx:before:request', e => { if (isWrite(e)) { sent = box.value; again = false; below = true; } });
  addEventListener('htmx:after:request', e => {
    if (!isWrite(e) || e.detail.ctx.response.status !== 200) return;
    box.value = box.value.startsWith(sent) ? box.value.slice(sent.length).trimStart() : box.value; keep();
  });
  addEventListener('htmx:error', e => { if (e.detail.ctx?.sourceElement === write) { again = true; net(word('waiting')); } });
  addEventListener('htmx:response:error', e => { if (isWrite(e) && e.detail.ctx.response.status >= 500) net(word('failed')); });

  /* Connection */
  let lost, polling, shown = '';
  const word = name => $('#words').content.querySelector(`[data-word="${name}"]`).textContent;
  const net = text => { if (text === shown) return; shown = text; const p = document.createElement('p'); p.className = 'net'; p.textContent = text; $('#net').replaceChildren(...(text ? [p] : [])); };
  const fetchMissed = () => htmx.ajax('GET', `${$('#chat').dataset.sync}${$('#chat').dataset.sync.includes('?') ? '&' : '?'}after=${$('#seq').textContent}`, { source: '#seq', target: '#seq', swap: 'none' });
  const catchUp = () => { clearTimeout(lost); clearInterval(polling); lost = polling = 0; net(''); fetchMissed(); if (again) { again = false; form.requestSubmit($('#write > [type=submit]')); } };
  const away = () => { net(word('away')); polling ||= setInterval(() => { if (!document.hidden) fetchMissed(); }, 15000 + Math.random() * 5000); };
  addEventListener('htmx:ws:after:connection', catchUp);
  addEventListener('htmx:ws:close', e => {
    if (e.detail.code === 4404) { net(word('gone')); return; }
    if (e.detail.code === 4429) { net(word('crowded')); return; }
    if (!document.hidden) lost ||= setTimeout(away, 10000);
  });
  addEventListener('offline', away);
  addEventListener('online', catchUp);
})();
