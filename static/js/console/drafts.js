/* An AI draft on the screen: when it was shown (a decision key is armed 700 ms later), editing it, skipping to the next. */
(() => {
  const { $, $$, doing, typing, current } = window.contact;
  let shownAt = performance.now();

  const shownDraft = () => {
    const draft = $('.draft[data-version], [data-decide]')?.closest('.draft, .decide');
    return draft ? `${$('[data-decide]', draft)?.dataset.decide}.${$('[name=version]', draft)?.value}` : '';
  };
  let draftOn = $('[data-decide]') ? shownDraft() : '';

  const mayDecide = () => performance.now() - shownAt >= 700 && !$('.is-editing');

  const edit = () => {
    const box = $('.draft__edit'), home = box?.closest('.draft, .decide');
    if (!home) return;
    const on = home.classList.toggle('is-editing');
    box.disabled = !on;
    (on ? box : home).focus();
  };

  const skip = () => {
    const items = $$('.stack-item'), at = items.findIndex(item => item.ariaCurrent);
    (items[at + 1] || items[0])?.click();
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
    const id = shownDraft();
    if (!id || id === draftOn) return;
    draftOn = id;
    shownAt = performance.now();
    newDraft(id);
  });

  Object.assign(doing, { edit, skip });
  Object.assign(window.contact, { edit, mayDecide, nextSource });
})();
