/* The composer: two texts in one box, kept on the server within a second and on this device until then. */
(() => {
  const { $, post, settling } = window.contact;
  let textMode = 'reply', saving, boxOn;

  const keepAt = (box, mode = textMode) => `keep:${box.form.dataset.keep}:${mode}`;

  const keepText = box => {
    box.dataset[textMode] = box.value;
    localStorage.setItem(keepAt(box), box.value);
    clearTimeout(saving);
    const url = box.form.dataset.keep, values = { mode: textMode, text: box.value }, at = keepAt(box);
    saving = setTimeout(() => post(url, values).then(answer => answer.ok && localStorage.removeItem(at)).catch(() => {}), 600);
  };

  const modeChanged = name => {
    const box = $('#composer-body');
    if (!box || name === 'ai') return;
    box.dataset[textMode] = box.value;
    textMode = name;
    box.value = box.dataset[name] || '';
  };

  /* C and N: the reply or the note, with the caret in it. */
  const mode = name => {
    const radio = $('#mode-' + name);
    if (!radio) return;
    radio.checked = true;
    modeChanged(name);
    $('#composer-body')?.focus();
  };

  const restoreText = () => {
    const box = $('#composer-body');
    if (box === boxOn) return;
    boxOn = box;
    if (!box) return;
    textMode = $('#mode-note')?.checked ? 'note' : 'reply';
    for (const name of ['reply', 'note']) {
      const kept = localStorage.getItem(keepAt(box, name));
      if (kept) box.dataset[name] = kept;
    }
    box.value = box.dataset[textMode] || '';
  };

  addEventListener('input', event => { if (event.target.id === 'composer-body') keepText(event.target); });
  addEventListener('change', event => {
    if (event.target.name === 'mode' && event.target.closest('.dock')) modeChanged(event.target.value);
  });
  addEventListener('htmx:before:request', event => { if (event.detail.ctx.sourceElement.id === 'composer') clearTimeout(saving); });
  addEventListener('htmx:after:request', event => {
    const { sourceElement, response } = event.detail.ctx, box = $('#composer-body');
    if (box && sourceElement.id === 'composer' && response.status === 200) localStorage.removeItem(keepAt(box));
  });
  addEventListener('took-over', () => mode('reply'));

  settling.push(restoreText);
  Object.assign(window.contact, { mode });
})();
