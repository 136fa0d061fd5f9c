/* Merging and splitting: one dialog whose content is asked for when it opens. The sections of the details stay as they were left. */
(() => {
  const { $, $$, doing, settling, openId } = window.contact;
  const dialog = $('#joining'), KEY = 'details-closed';

  const ask = what => {
    if (!dialog || !openId()) return;
    htmx.ajax('GET', `/conversations/${openId()}/${what}/`, { target: '#joining-form', swap: 'innerHTML', source: '#joining-form' })
      .then(() => {
        if (!$('form', dialog)) return;
        if (!dialog.open) dialog.showModal();
        ($('[autofocus]', dialog) || $('input:checked', dialog) || $('button', dialog)).focus();
      });
  };

  /* From the search by arrow into the list, by Enter to the deed. */
  dialog?.addEventListener('keydown', event => {
    if (event.target.id !== 'merge-q' || event.key !== 'ArrowDown') return;
    event.preventDefault();
    ($('#merge-choices input:checked') || $('#merge-choices input'))?.focus();
  });

  const closed = () => {
    if (!$('#joining-done [data-joined]')) return;
    $$('#joining-done > [data-joined]').forEach(mark => mark.remove());
    if (dialog.open) dialog.close();
  };

  const read = () => { try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch { return {}; } };
  const folds = () => {
    const kept = read();
    $$('#side [data-fold]:not([data-folded])').forEach(section => {
      section.dataset.folded = '';
      if (section.dataset.fold in kept) section.open = !kept[section.dataset.fold];
    });
  };
  document.addEventListener('toggle', event => {
    const section = event.target.closest?.('#side [data-fold]');
    if (section !== event.target || !('folded' in section.dataset)) return;
    localStorage.setItem(KEY, JSON.stringify({ ...read(), [section.dataset.fold]: !section.open }));
  }, true);

  settling.push(closed, folds);
  Object.assign(doing, { merge: () => ask('merge-choices'), split: () => ask('split-choices') });
})();
