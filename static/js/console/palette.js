/* The command palette: Ctrl K, words that narrow the list, arrows and Enter. Only what can be done here is offered. */
(() => {
  const { $, $$, open } = window.contact;
  const palette = $('#palette');

  const options = () => $$('#palette [role=option]').filter(option => !option.hidden && !option.closest('[hidden]'));

  const choose = option => {
    $$('#palette [aria-selected]').forEach(one => one.removeAttribute('aria-selected'));
    if (!option) return;
    option.setAttribute('aria-selected', 'true');
    $('input', palette).setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  };

  const narrow = () => {
    const typed = $('input', palette).value, words = typed.trim().toLowerCase().split(/\s+/), find = $('#cmd-find');
    $$('[role=option]', palette).forEach(option => {
      const text = option.textContent.toLowerCase();
      option.hidden = option === find ? !typed.trim() : !words.every(one => text.includes(one));
    });
    $$('[role=group]', palette).forEach(group => {
      const { here } = group.dataset;
      group.hidden = Boolean(here && !$(here)) || !$('[role=option]:not([hidden])', group);
    });
    if (find) $('b', find).textContent = typed;
    choose(options()[0]);
  };

  const run = option => {
    const typed = $('input', palette).value;
    palette.close();
    if (option.dataset.command) window.contact.command(option);
    else location.href = '/queue/?view=open&q=' + encodeURIComponent(typed);
  };

  const togglePalette = () => {
    if (palette.open) return palette.close();
    $('input', palette).value = '';
    open('palette');
    narrow();
  };

  /* A key pressed in the open palette; the field keeps the focus. */
  const keyInPalette = event => {
    if (!['ArrowDown', 'ArrowUp', 'Enter'].includes(event.key)) return;
    event.preventDefault();
    const all = options(), at = all.findIndex(option => option.ariaSelected === 'true');
    if (event.key !== 'Enter') choose(all[(at + (event.key === 'ArrowDown' ? 1 : -1) + all.length) % all.length]);
    else if (!event.repeat) all[Math.max(0, at)]?.click();
  };

  addEventListener('click', event => {
    const option = event.target.closest('#palette [role=option]');
    if (option) run(option);
    if (event.target.closest('[data-open=palette]')) narrow();
  });
  addEventListener('input', event => { if (event.target.closest('#palette')) narrow(); });

  Object.assign(window.contact, { togglePalette, keyInPalette });
})();
