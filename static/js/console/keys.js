/* The keyboard. The bindings are read from the shortcut sheet, which is printed from conversations/shortcuts.py.

   Single keys are off while somebody types and in dialogs and menus; letters can be turned off; a key held down never acts twice.
   A key that decides about a draft waits until the draft has been in sight (drafts.js), and is off in every kind of field. */
(() => {
  const { $, $$, typing, doing, mayDecide, togglePalette, keyInPalette, inRow } = window.contact;
  const PREFIX_MS = 1200, REPEATS = ['nextRow', 'rowBefore'];

  const table = $$('[data-shortcut]').map(row => ({ ...row.dataset, keys: row.dataset.keys.split(' or ') }));
  const begins = new Set(table.flatMap(row => row.keys).filter(key => key.includes(' ')).map(key => key.split(' ')[0]));
  const find = key => table.find(row => row.keys.includes(key) && (!row.here || $(row.here)));
  let prefix = '', forget;

  /* The name of a key press as the table writes it: "j", "Shift+J", "Ctrl+Enter". Null for what no row can be. */
  const nameOf = event => {
    const { key, shiftKey } = event, graph = event.getModifierState('AltGraph');
    const control = (event.ctrlKey || event.metaKey) && !graph;
    if (event.altKey && !graph) return null;
    const letter = /^[a-z]$/i.test(key), shifted = shiftKey && (letter || key.length > 1);
    const plain = key === ' ' ? 'Space' : letter ? (shifted || control ? key.toUpperCase() : key.toLowerCase()) : key;
    return `${control ? 'Ctrl+' : ''}${shifted ? 'Shift+' : ''}${plain}`;
  };

  const press = (key, decides) => {
    if (decides && !mayDecide()) return;
    const all = `[data-key="${key}"]`, near = $('#dock') || $('#decide') || document;
    const at = el => !el.disabled && (el.closest('[popover]') || el.checkVisibility());
    [...$$(all, near), ...$$(all)].find(at)?.click();
  };

  /* Runs a row of the table. False when there is nothing to do, so that the browser goes on with the key. */
  const run = (row, event) => {
    if (row.presses) return press(row.presses, 'decides' in row);
    if (row.does) return doing[row.does]?.(event);
    if (row.to) location.href = row.to;
    else submit($(`[data-posts="${row.shortcut}"]`));
  };
  const submit = form => (form.hasAttribute('hx-post') ? form.requestSubmit() : form.submit());

  const inMenu = () => $('[popover]:popover-open');
  const inField = el => el.closest?.('input, textarea, select, [contenteditable]');

  const mayRun = (row, key, event) => {
    const dialog = $('dialog[open]'), chord = key.startsWith('Ctrl+') || key === 'Escape';
    if (chord) return true;
    if (typing(event.target) || inMenu()) return false;
    if (dialog) return row.here.startsWith('dialog');
    if ('decides' in row && inField(event.target)) return false;
    if (key === 'Space' || key.startsWith('Arrow')) return inRow(event.target);
    return document.body.dataset.letters !== 'off';
  };

  const remember = key => {
    prefix = `${key} `;
    forget = setTimeout(() => { prefix = ''; }, PREFIX_MS);
  };

  addEventListener('keydown', event => {
    const key = event.isComposing || event.defaultPrevented ? null : nameOf(event);
    if (!key || ['Shift', 'Control', 'Alt', 'Meta', 'Shift+Shift'].includes(event.key)) return;
    if (key === 'Ctrl+K') {
      event.preventDefault();
      if (!event.repeat) togglePalette();
      return;
    }
    if ($('#palette')?.open) return keyInPalette(event);
    const name = prefix + key, row = find(name);
    clearTimeout(forget);
    prefix = '';
    if (row && event.repeat && !REPEATS.includes(row.does)) {
      if (!typing(event.target)) event.preventDefault();
    } else if (row && mayRun(row, key, event)) {
      if (run(row, event) !== false && key !== 'Escape') event.preventDefault();
    } else if (!row && name === key && begins.has(key) && !event.repeat && mayRun({ here: '' }, key, event)) {
      remember(key);
    }
  });

  addEventListener('change', event => {
    if (event.target.id === 'single-keys') document.body.dataset.letters = event.target.checked ? 'on' : 'off';
  });

  /* A command of the palette, which carries its own binding: not every one has a key. */
  const command = ({ dataset }) => run({ ...dataset, shortcut: dataset.command });
  Object.assign(window.contact, { press, command });
})();
