/* A message that the address names (/conversations/7/#msg-9) is brought into sight and marked once its conversation is there. */
(() => {
  const { $, settling } = window.contact;
  let shown = '';

  const show = () => {
    const found = /^#msg-\d+$/.test(location.hash) && $(location.hash);
    const key = location.pathname + location.hash;
    if (!found || shown === key) return;
    shown = key;
    // After whatever else settles the thread: a conversation that was just opened begins at its newest message.
    requestAnimationFrame(() => {
      found.classList.add('is-marked');
      found.scrollIntoView({ block: 'center' });
      found.focus({ preventScroll: true });
    });
  };

  addEventListener('hashchange', () => { shown = ''; show(); });
  settling.push(show);
})();
