/* Menus opened by keyboard: the focus goes to the first entry, arrows move it; Esc and the browser bring it back. */
(() => {
  const { $, $$ } = window.contact;
  const ENTRIES = 'button:not([disabled]), a[href], input:not([type=hidden])';
  let byKey = false;

  addEventListener('keydown', () => { byKey = true; }, true);
  addEventListener('pointerdown', () => { byKey = false; }, true);

  document.addEventListener('toggle', event => {
    if (!byKey || event.newState !== 'open' || !event.target.matches('.menu[popover]')) return;
    ($('[autofocus]', event.target) || $(ENTRIES, event.target))?.focus();
  }, true);

  addEventListener('keydown', event => {
    const menu = event.target.closest?.('.menu:popover-open'), by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!menu || !by || event.defaultPrevented || event.target.matches('input, select, textarea')) return;
    event.preventDefault();
    const all = $$(ENTRIES, menu).filter(one => one.checkVisibility()), at = all.indexOf(event.target);
    all[(at + by + all.length) % all.length]?.focus();
  });
})();
