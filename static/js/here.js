/* What the customer's page says of itself: what it has shown, and that he writes. A frame that is folded away shows nothing. */
(() => {
  const chat = document.querySelector('#chat'), box = document.querySelector('#chat-in');
  if (!chat || !box) return;
  let said = -1, wrote = 0;
  const shown = () => Math.max(0, ...[...document.querySelectorAll('.say[id^=say-]')].map(one => +one.id.slice(4)));
  const say = more => { said = shown(); fetch(chat.dataset.here, { method: 'POST', keepalive: true, body: new URLSearchParams({ seen: said, ...more }) }).catch(() => { /* said again with the next */ }); };
  const inSight = () => document.visibilityState === 'visible' && chat.getClientRects().length > 0;
  const look = () => { if (inSight() && shown() !== said) say(); };
  addEventListener('htmx:after:swap', look);
  document.addEventListener('visibilitychange', look);
  new ResizeObserver(look).observe(chat);
  setInterval(() => { if (inSight()) say(); }, 60000);
  addEventListener('pagehide', () => { if (inSight()) say({ typing: 0 }); });
  box.addEventListener('input', () => { if (box.value && Date.now() - wrote > 5000) { wrote = Date.now(); say({ typing: 1 }); } });
  box.form.addEventListener('submit', () => { wrote = 0; });
})();
