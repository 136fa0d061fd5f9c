/* Around every request and swap: what is loading, what failed and how to try again, the newest message in sight when a conversation
   was opened, notices that go by themselves. The last of the scripts: it begins by settling the page as it came. */
(() => {
  const { $, $$, say, word, clone, toast, isBackground, doing, settled, settling, toNewest } = window.contact;
  const EXPLAINED = [401, 409, 422], WORKING_MS = 1000;
  let openOn;
  const working = new Map();

  const opened = () => {
    const id = $('#dock')?.dataset.conversation || '';
    if (id === openOn) return;
    openOn = id;
    toNewest();
  };

  const fadeToasts = () => $$('.toast[data-fade]:not([data-seen])').forEach(box => {
    box.dataset.seen = '';
    setTimeout(() => box.remove(), 5000);
  });

  const region = ctx => (ctx.request.method === 'GET' && ctx.target?.id && !ctx.target.matches('body, datalist') ? ctx.target : null);

  /* A part that is being fetched, or a button whose answer is awaited, is busy until it is there. */
  addEventListener('htmx:before:request', event => {
    const { ctx } = event.detail;
    if (isBackground(ctx)) return;
    const busy = region(ctx) || ctx.sourceEvent?.submitter || (ctx.sourceElement.matches('button') ? ctx.sourceElement : null);
    if (!busy) return;
    busy.ariaBusy = 'true';
    working.set(ctx, { busy, timer: setTimeout(() => say(word('working')), WORKING_MS) });
  });
  addEventListener('htmx:finally:request', event => {
    const { busy, timer } = working.get(event.detail.ctx) || {};
    working.delete(event.detail.ctx);
    clearTimeout(timer);
    busy?.removeAttribute('aria-busy');
  });

  /* A part that could not be fetched keeps what it shows, and the focus; beside it one can try again. */
  const offerAgain = (ctx, place) => {
    $('[data-word=again]', place)?.remove();
    const box = clone('again');
    box.again = () => htmx.ajax('GET', ctx.request.action, { source: place, target: place, swap: ctx.swap });
    place.prepend(box);
  };
  doing.again = event => {
    const box = event.target.closest('[data-word=again]');
    box.again().then(() => box.remove());
  };

  const refuse = (ctx, text) => {
    if (isBackground(ctx)) return;
    say(text, true);
    toast(text);
    fadeToasts();
  };
  addEventListener('htmx:response:error', event => {
    const { ctx } = event.detail, { status } = ctx.response, place = region(ctx);
    if (EXPLAINED.includes(status) || isBackground(ctx)) return;
    if (status >= 500 && place) offerAgain(ctx, place);
    refuse(ctx, word([403, 404].includes(status) ? `refused-${status}` : 'refused'));
  });
  addEventListener('htmx:error', event => {
    const { ctx, error } = event.detail;
    if (!ctx?.request || ctx.response || isBackground(ctx) || !(error instanceof TypeError || error?.name === 'AbortError')) return;
    if (region(ctx)) offerAgain(ctx, region(ctx));
    refuse(ctx, word('unreached'));
  });
  addEventListener('htmx:after:swap', settled);

  settling.push(opened, fadeToasts);
  settled();
  const told = $('#toasts .toast > span');
  if (told) setTimeout(() => say(told.textContent.trim()), 300);
})();
