/* Dialogs, menus and panes: what a click on data-open, data-close and data-do does, and which row is the current one. */
(() => {
  const { $, $$, post, doing } = window.contact;
  const panes = $('#panes');

  const open = id => {
    const dialog = $('#' + id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    ($('input:checked:not([type=checkbox])', dialog) || $('input:not([type=hidden])', dialog))?.focus();
  };

  const side = () => {
    const over = innerWidth <= 1280, on = panes?.classList.toggle(over ? 'show-side' : 'is-wide');
    if (over && panes) $(on ? '.side__close' : '.thread__bar [data-do=side]')?.focus();
  };

  const scroller = () => $(matchMedia('(max-width: 48rem)').matches ? '#thread' : '#thread-scroll');
  const toNewest = () => {
    const area = scroller();
    if (area) area.scrollTop = area.scrollHeight;
  };

  const theme = () => {
    const { dataset } = document.documentElement;
    const shown = dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    dataset.theme = shown === 'dark' ? 'light' : 'dark';
    $(`#theme-${dataset.theme}`).checked = true;
    post('/preferences/', { theme: dataset.theme });
  };
  addEventListener('change', event => {
    if (event.target.name !== 'theme' || !event.target.closest('#me-menu')) return;
    if (event.target.value) document.documentElement.dataset.theme = event.target.value;
    else delete document.documentElement.dataset.theme;
  });

  const back = event => {
    event.preventDefault();
    panes.dataset.pane = 'list';
    $('.conv__link[aria-current]')?.focus();
  };

  const current = (all, chosen) => {
    $$(all).forEach(one => {
      one.removeAttribute('aria-current');
      if (one.matches('.conv__link')) one.tabIndex = -1;
    });
    chosen.setAttribute('aria-current', 'true');
    chosen.tabIndex = 0;
    if (panes && chosen.matches('.conv__link')) panes.dataset.pane = 'thread';
  };

  const showCited = (event, cite) => {
    event.preventDefault();
    const passage = $(cite.hash);
    if (!passage) return;
    passage.open = true;
    passage.scrollIntoView({ block: 'nearest' });
  };

  addEventListener('click', event => {
    const on = selector => event.target.closest(selector);
    const opener = on('[data-open]'), act = on('[data-do]'), link = on('.conv__link'), item = on('.stack-item'), cite = on('.cite');
    if (opener) {
      opener.closest('[popover]')?.hidePopover?.();
      open(opener.dataset.open);
    }
    if (on('[data-close]') || event.target.matches('dialog')) on('dialog').close();
    if (act) {
      $('#palette')?.close();
      doing[act.dataset.do]?.(event);
    }
    if (link && !event.ctrlKey && !event.metaKey) current('.conv__link', link);
    if (item) current('.stack-item', item);
    if (cite) showCited(event, cite);
  });

  Object.assign(doing, { side, theme, back, jump: toNewest });
  Object.assign(window.contact, { open, side, current, toNewest });
})();
