/* Reviewing: the draft on screen is claimed for its reviewer and renewed while the page is in use; what a claim says goes when it
   ends; a notice of something that can be undone steps aside after some seconds and stays within reach of Z for its minute. */
(() => {
  const { $, $$, settling } = window.contact;
  const RENEW_MS = 40000, ACTIVE_MS = 120000, ASIDE_MS = 6000;
  let claimed = '', at = 0, usedAt = Date.now();

  const claim = () => {
    const desk = $('[data-claim]');
    if (!desk || document.hidden) return;
    at = Date.now();
    htmx.ajax('POST', desk.dataset.claim, { source: desk, target: desk, swap: 'none', headers: { 'X-Background': '1' } });
  };

  const look = () => {
    const { claim: url = '' } = $('[data-claim]')?.dataset || {};
    if (url !== claimed) at = 0;
    claimed = url;
    if (url && !at) claim();
  };

  const ended = () => $$('[data-until-then]').forEach(el => {
    if (new Date(el.dataset.untilThen) > Date.now()) return;
    el.closest('[data-held]')?.removeAttribute('data-held');
    el.remove();
  });

  const aside = () => $$('.toast[data-gone-at]').forEach(box => {
    box.dataset.shownAt ||= Date.now();
    if (new Date(box.dataset.goneAt) < Date.now()) box.remove();
    else if (Date.now() - box.dataset.shownAt > ASIDE_MS) box.hidden = true;
  });

  setInterval(() => {
    ended();
    aside();
    const now = Date.now();
    if (claimed && now - at > RENEW_MS && now - usedAt < ACTIVE_MS) claim();
  }, 1000);
  ['keydown', 'pointermove', 'pointerdown', 'wheel'].forEach(kind => addEventListener(kind, () => { usedAt = Date.now(); }, { passive: true }));
  document.addEventListener('visibilitychange', () => { if (!document.hidden && claimed) claim(); });

  settling.push(look, ended, aside);
})();
