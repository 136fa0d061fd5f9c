/* After every swap: the newest message in sight when a conversation was opened, notices that go by themselves, what was refused.
   The last of the scripts: it begins by settling the page as it came. */
(() => {
  const { $, $$, say, settled, settling, toNewest } = window.contact;
  const REFUSED = { 403: 'You may not do this.', 404: 'That is no longer here.' };
  const EXPLAINED = [401, 409, 422];
  let openOn;

  const opened = () => {
    const id = $('#dock')?.dataset.conversation || '';
    if (id === openOn) return;
    openOn = id;
    toNewest();
  };

  const fadeToasts = () => $$('.toast[data-fade]:not([data-seen])').forEach(toast => {
    toast.dataset.seen = '';
    setTimeout(() => toast.remove(), 5000);
  });

  const toast = text => {
    const box = document.createElement('div');
    box.className = 'toast';
    box.dataset.fade = '';
    box.append(document.createElement('i'), Object.assign(document.createElement('span'), { textContent: text }));
    $('#toasts')?.append(box);
    fadeToasts();
  };

  addEventListener('htmx:response:error', event => {
    const { sourceElement, response } = event.detail.ctx;
    if (EXPLAINED.includes(response.status) || sourceElement.id === 'list-stale') return;
    const text = REFUSED[response.status] || 'That did not work. Nothing was lost; try again.';
    say(text, true);
    toast(text);
  });
  addEventListener('htmx:after:swap', settled);

  settling.push(opened, fadeToasts);
  settled();
  const told = $('#toasts .toast > span');
  if (told) setTimeout(() => say(told.textContent.trim()), 300);
})();
