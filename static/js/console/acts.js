/* What keys and commands do that is no button on the page. Their names are those of conversations/shortcuts.py. */
(() => {
  const { $, $$, open, side, typing, edit, doing, togglePalette } = window.contact;
  const narrow = matchMedia('(max-width: 48rem)');

  const rejecting = () => $('dialog.reject[open]');

  const unpick = () => {
    const picked = $$('.conv__pick input:checked');
    picked.forEach(box => { box.checked = false; });
    picked[0]?.dispatchEvent(new Event('change', { bubbles: true }));
    return picked.length > 0;
  };

  /* Out of a text: to the part of the page it stands in, so that the focus is never lost. */
  const leave = field => (field.closest('[tabindex="-1"]') || $('#main')).focus({ preventScroll: true });

  /* Menu and dialog close by themselves; then the editor, the text, the selection, the pane laid over, the pane below. */
  const stepBack = event => {
    const { target } = event;
    if ($('[popover]:popover-open') || $('dialog[open]')) return;
    if ($('.is-editing')) return edit();
    if (typing(target)) return leave(target);
    if (unpick()) return;
    if ($('.panes.show-side')) return side();
    if (narrow.matches && $('.panes[data-pane=thread]')) doing.back(event);
  };

  Object.assign(doing, {
    stepBack,
    palette: togglePalette,
    help: () => open('help'),
    search: () => ($('[data-find-here]') ? $('[data-find-here]').focus() : togglePalette()),
    reply: () => window.contact.mode?.('reply'),
    note: () => window.contact.mode?.('note'),
    undo: () => ($$('#toasts [data-undo]').pop() || $('[data-undo]'))?.click(),
    approveEdited: event => $('[data-key=a]', event.target.form)?.click(),
    send: event => event.target.form.requestSubmit(),
    save: event => {
      const form = event.target.form;
      if (!form?.matches('[data-save]')) return false;
      form.requestSubmit($('[data-default]', form));
    },
    reason: event => { $$('input[type=radio]', rejecting())[+event.key - 1]?.click(); },
    rejectNow: event => (event.target.type === 'radio' ? $('[type=submit]', rejecting()).click() : false),
  });
})();
