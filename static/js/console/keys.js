/* The keyboard: off while typing and in dialogs; a key held down never acts twice; letters can be turned off. */
(() => {
  const { $, $$, typing, open, side, move, pick, refresh, edit, nextSource, mayDecide, togglePalette, keyInPalette } = window.contact;
  const DECIDES = ['a', 'r', 't'];
  const PLACES = { q: '/queue/', a: '/approvals/', d: '/dashboards/', k: '/knowledge/' };
  let prefix = '';

  const press = key => {
    if (DECIDES.includes(key) && !mayDecide()) return;
    const el = $(`[data-key="${key}"]`, $('#dock') || $('#decide') || document) || $(`[data-key="${key}"]`);
    if (el && !el.disabled && el.checkVisibility?.() !== false) el.click();
    else if (el?.closest('[popover]')) el.click();
  };

  const keys = {
    '?': () => open('help'),
    '/': () => ($('[data-find-here]') ? $('[data-find-here]').focus() : open('palette')),
    g: () => {
      prefix = 'g';
      setTimeout(() => { prefix = ''; }, 1200);
    },
    j: () => move(1),
    k: () => move(-1),
    x: pick,
    '.': () => refresh(true),
    c: () => window.contact.mode('reply'),
    n: () => ($('#mode-note') ? window.contact.mode('note') : press('n')),
    z: () => $('[data-undo]')?.click(),
    '\\': side,
    ']': nextSource,
  };

  const sendWhatIsWritten = ({ target }) => {
    if (target.closest('.draft__edit')) $('[data-key=a]', target.form)?.click();
    else if (target.id === 'composer-body') target.form.requestSubmit();
    else if (target.form?.matches('[data-save]')) target.form.requestSubmit($('[data-default]', target.form));
  };

  const stepBack = ({ target }) => {
    if (target.closest('.draft__edit')) return edit();
    if (typing(target) && !target.closest('dialog')) return target.blur();
    if ($('.panes.show-side')) return side();
    return $$('.conv__pick input:checked').forEach(box => { box.checked = false; });
  };

  /* True when the key belonged to the open dialog in which a draft is rejected. */
  const keyInRejecting = (event, dialog) => {
    if (!typing(event.target) && /^[1-6]$/.test(event.key)) {
      $$('input[type=radio]', dialog)[+event.key - 1]?.click();
      return true;
    }
    if (event.key !== 'Enter' || event.target.type !== 'radio') return false;
    event.preventDefault();
    if (!event.repeat) $('[type=submit]', dialog).click();
    return true;
  };

  const letter = event => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (prefix) {
      prefix = '';
      if (PLACES[key]) location.href = PLACES[key];
      return;
    }
    const bound = keys[key] || (/^[a-z]$/.test(key) && $(`[data-key="${key}"]`) && (() => press(key)));
    if (!bound) return;
    event.preventDefault();
    bound();
  };

  addEventListener('keydown', event => {
    const { key, target } = event, modified = event.ctrlKey || event.metaKey, rejecting = $('dialog.reject[open]');
    if (modified && key.toLowerCase() === 'k') {
      event.preventDefault();
      return togglePalette();
    }
    if ($('#palette')?.open) return keyInPalette(event);
    if (rejecting && keyInRejecting(event, rejecting)) return;
    if (modified && key === 'Enter' && !event.repeat) return sendWhatIsWritten(event);
    if (key === 'Escape') return stepBack(event);
    if (key === ' ' && target.closest('.conv__link')) {
      event.preventDefault();
      return pick();
    }
    if (modified || event.altKey || event.repeat || typing(target) || $('dialog[open]')) return;
    if (['ArrowDown', 'ArrowUp'].includes(key) && target.closest('.convs, .stack-list, [data-rows]')) {
      event.preventDefault();
      return move(key === 'ArrowDown' ? 1 : -1);
    }
    if (document.body.dataset.letters !== 'off') letter(event);
  });

  addEventListener('change', event => {
    if (event.target.id === 'single-keys') document.body.dataset.letters = event.target.checked ? 'on' : 'off';
  });

  Object.assign(window.contact, { press });
})();
