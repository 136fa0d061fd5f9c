/* An AI draft on the screen: when it was shown (a decision key is armed 700 ms later), editing it, skipping to the next. */
(() => {
  const { $, $$, doing, typing, current } = window.contact;
  const ARMED_MS = 700;
  let shownAt = performance.now();

  /* Which draft, in which version, is on the page; and whether it is in sight there. */
  const onPage = () => {
    const form = $('[data-decide]');
    return form ? `${form.dataset.decide}.${$('[name=version]', form)?.value}` : '';
  };
  const inSight = () => ($('[data-decide]')?.closest('.draft, .decide')?.checkVisibility() ? onPage() : '');
  let draftOn = inSight(), known = onPage();

  const look = () => {
    const id = inSight();
    if (id !== draftOn) shownAt = performance.now();
    draftOn = id;
  };

  const mayDecide = () => {
    look();
    return performance.now() - shownAt >= ARMED_MS && !document.hidden && !$('.is-editing');
  };

  const edit = () => {
    const box = $('.draft__edit'), home = box?.closest('.draft, .decide');
    if (!home) return;
    const on = home.classList.toggle('is-editing');
    box.disabled = !on;
    (on ? box : home).focus();
    shownAt = performance.now();
  };

  const skip = () => {
    const items = $$('.stack-item'), at = items.findIndex(item => item.ariaCurrent);
    const free = [...items.slice(at + 1), ...items.slice(0, Math.max(0, at))].filter(item => !('held' in item.dataset));
    free[0]?.click();
  };

  const nextSource = () => {
    const all = $$('.passage'), at = all.findIndex(passage => passage.open), next = all[(at + 1) % all.length];
    if (at >= 0) all[at].open = false;
    if (!next) return;
    next.open = true;
    next.scrollIntoView({ block: 'nearest' });
  };

  /* A draft that was not on the page before: the next one in approvals, or the one that was written meanwhile. */
  const newDraft = id => {
    const decide = $('#decide');
    if (decide && !typing(document.activeElement)) {
      decide.classList.remove('is-editing');
      decide.focus({ preventScroll: true });
      current('.stack-item', $(`#stack-${id.split('.')[0]}`) || document.createElement('a'));
    } else if ($('#composer-body')?.value === '' && !$('#dock').contains(document.activeElement)) {
      $('#mode-ai').checked = true;
    }
  };

  addEventListener('htmx:after:swap', () => {
    look();
    const id = onPage();
    if (id && id !== known) newDraft(id);
    known = id || known;
  });
  addEventListener('change', look);
  addEventListener('visibilitychange', () => { shownAt = performance.now(); });

  Object.assign(doing, { edit, skip, nextSource });
  Object.assign(window.contact, { edit, mayDecide });
})();
