/* The command palette: Ctrl K, words that narrow the list, arrows and Enter. */
(() => {
  const { $, $$, open } = window.contact;
  const palette = $('#palette');

  const options = () => $$('#palette [role=option]').filter(option => !option.hidden);

  const choose = option => {
    $$('#palette [aria-selected]').forEach(one => one.removeAttribute('aria-selected'));
    if (!option) return;
    option.setAttribute('aria-selected', 'true');
    $('input', palette).setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  };

  const run = option => {
    palette.close();
    if (option.dataset.href) location.href = option.dataset.href;
    else if (option.dataset.press) window.contact.press(option.dataset.press);
    else if ('find' in option.dataset) location.href = '/queue/?view=open&q=' + encodeURIComponent($('input', palette).value);
  };

  const togglePalette = () => {
    if (palette?.open) return palette.close();
    open('palette');
    choose(options()[0]);
  };

  /* A key pressed in the open palette; the field keeps the focus. */
  const keyInPalette = event => {
    if (!['ArrowDown', 'ArrowUp', 'Enter'].includes(event.key)) return;
    event.preventDefault();
    const all = options(), at = all.findIndex(option => option.ariaSelected === 'true');
    if (event.key === 'Enter') all[Math.max(0, at)]?.click();
    else choose(all[(at + (event.key === 'ArrowDown' ? 1 : -1) + all.length) % all.length]);
  };

  addEventListener('click', event => {
    const option = event.target.closest('[role=option]');
    if (option) run(option);
  });

  addEventListener('input', event => {
    if (!event.target.closest('#palette')) return;
    const words = event.target.value.trim().toLowerCase(), find = $('#cmd-find');
    $$('[role=option]', palette).forEach(option => {
      option.hidden = option === find ? !words : !option.textContent.toLowerCase().includes(words);
    });
    $$('[role=group]', palette).forEach(group => { group.hidden = !$('[role=option]:not([hidden])', group); });
    $('b', find).textContent = event.target.value;
    choose(options()[0]);
  });

  Object.assign(window.contact, { togglePalette, keyInPalette });
})();
