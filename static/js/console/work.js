/* What is done with a conversation: the dialog that is filled when it is asked for, changes that are dimmed until they are confirmed,
   and ways back that are gone once they were used. */
(() => {
  const { $, $$, doing } = window.contact;
  const sheet = $('#sheet');

  /* Filled: shown, with the focus on what comes first. Emptied: closed, and the browser gives the focus back. */
  const showSheet = () => {
    const filled = sheet && $('[data-sheet]', sheet);
    if (!sheet || !filled) return sheet?.open && sheet.close();
    sheet.ariaLabel = filled.dataset.sheet;
    if (!sheet.open) sheet.showModal();
    if (filled.dataset.seen !== undefined) return;
    filled.dataset.seen = '';
    $$('[popover]:popover-open').forEach(menu => menu.hidePopover());
    ($('[aria-invalid=true], input[type=radio]:checked, input:not([type=hidden]), select', filled) || $('button[type=submit], [data-close]', filled))?.focus();
  };

  const dimmed = (source, on) => {
    const pk = source.closest?.('[data-optimistic]')?.dataset.optimistic;
    if (!pk) return;
    for (const part of $$(`#conv-${pk}, #thread-head-${pk}, #thread-sub-${pk}`)) part.classList.toggle('is-pending', on);
  };

  /* Nothing on the page asked for what comes by the socket. */
  const source = event => event.detail?.ctx?.sourceElement || document.body;
  addEventListener('htmx:before:request', event => dimmed(source(event), true));
  addEventListener('htmx:finally:request', event => dimmed(source(event), false));
  addEventListener('htmx:after:request', event => {
    const from = source(event), response = event.detail?.ctx?.response;
    if (from.closest('[data-optimistic]')) $$('.menu:popover-open').forEach(menu => menu.hidePopover());
    if (from.matches('[data-once]') && response?.ok) from.closest('.toast')?.remove();
  });
  addEventListener('htmx:after:swap', event => {
    showSheet();
    const from = source(event);
    if (from.matches?.('[data-clears]')) {
      const field = $('#tag-name');
      if (field && event.detail?.ctx?.response?.ok) field.value = '';
      field?.focus();
    }
    const dot = $('#availability')?.dataset.availability;
    if (dot && $('.me .avatar__dot')) $('.me .avatar__dot').className = `avatar__dot is-${dot}`;
  });

  sheet?.addEventListener('close', () => sheet.replaceChildren());

  /* Whoever types a day has chosen it. */
  addEventListener('input', event => {
    const { chooses } = event.target.dataset;
    if (chooses) $(`input[type=radio][value="${chooses}"]`, event.target.form).checked = true;
  });

  doing.dismiss = event => event.target.closest('.toast').remove();
})();
