/* The composer: two texts in one box, kept on the server within a second and on this device until then.

   Each mode has its text, the version of it that the server keeps (`since`) and the caret in the box's data: what is typed as a note
   is never in the box while the reply is. A save that the server refuses (409) says that another window kept something later:
   nothing is overwritten, the person is asked. */
(() => {
  const { $, $$, post, doing, settling } = window.contact;
  const SAVE_MS = 600;
  const queue = [];
  let textMode = 'reply', boxOn, timer = 0, isSaving = false, asking = '';

  const body = () => $('#composer-body');
  const keepAt = (box, mode = textMode) => `keep:${box.form.dataset.who}:${box.form.dataset.keep}:${mode}`;
  const local = (box, mode) => JSON.parse(localStorage.getItem(keepAt(box, mode)) || 'null');
  const addresses = (form, name) => $$(`[name=${name}]`, form).map(field => field.value).filter(Boolean);

  const note = box => {
    box.dataset[textMode] = box.value;
    box.dataset[`${textMode}Caret`] = box.selectionStart;
    const kept = { text: box.value, caret: box.selectionStart, since: box.dataset[`${textMode}Since`] };
    localStorage.setItem(keepAt(box), JSON.stringify(kept));
  };

  const values = (box, mode) => {
    const found = new URLSearchParams({
      mode, text: box.dataset[mode], caret: box.dataset[`${mode}Caret`] || 0, since: box.dataset[`${mode}Since`] || '',
      client_key: $('#composer-key', box.form).value,
    });
    if (mode === 'reply') for (const name of ['to', 'cc']) addresses(box.form, name).forEach(one => found.append(name, one));
    return found;
  };

  /* What the server answered about a later text: shown beside the box, which stays as it is. */
  const askWhich = html => {
    const shown = new DOMParser().parseFromString(html, 'text/html').querySelector('hx-partial');
    if (!shown) return;
    $('#composer-notice').replaceChildren(...shown.childNodes);
    asking = $('#kept-elsewhere').dataset.mode;
  };

  /* The box may have been left meanwhile, for another conversation: what it had is kept all the same. */
  const send = async (box, mode) => {
    const sent = box.dataset[mode], answer = await post(box.form.dataset.keep, values(box, mode));
    if (answer.status === 409 && box.isConnected) askWhich(await answer.text());
    if (!answer.ok) return;
    box.dataset[`${mode}Since`] = answer.headers.get('Kept-Version') || '';
    if (local(box, mode)?.text === sent) localStorage.removeItem(keepAt(box, mode));
  };

  /* One save at a time: a later one must know the version that the one before it made. */
  const save = async (box, mode = textMode) => {
    clearTimeout(timer);
    timer = 0;
    if (asking === mode) return;
    if (!queue.some(one => one.box === box && one.mode === mode)) queue.push({ box, mode });
    if (isSaving) return;
    isSaving = true;
    while (queue.length) {
      const next = queue.shift();
      await send(next.box, next.mode).catch(() => {});
    }
    isSaving = false;
  };

  /* What this device still has goes to the server as soon as there is one again. */
  const catchUp = () => {
    const box = body();
    for (const name of ['reply', 'note']) if (box && local(box, name)) save(box, name);
  };

  const keep = () => {
    const box = body();
    if (!box) return;
    note(box);
    clearTimeout(timer);
    timer = setTimeout(() => save(box, textMode), SAVE_MS);
  };

  const count = box => {
    const most = +box.dataset[`${textMode}Most`], shown = $('#composer-count');
    const used = box.value.length < box.dataset[`${textMode}Nearly`] ? 0 : [...box.value].length, left = most - used;
    shown.hidden = !used;
    shown.value = used ? left.toLocaleString() : '';
    shown.classList.toggle('is-over', left < 0);
    box.setCustomValidity(left < 0 ? box.dataset.tooLong : '');
  };

  const show = (box, name) => {
    textMode = name;
    box.value = box.dataset[name] || '';
    const at = Math.min(+box.dataset[`${name}Caret`] || 0, box.value.length);
    box.setSelectionRange(at, at);
    box.placeholder = box.dataset[`${name}Placeholder`];
    $('#composer-written-as').value = $('#composer-upload-mode').value = name;
    count(box);
  };

  const modeChanged = name => {
    const box = body();
    if (!box || name === 'ai' || name === textMode) return;
    const pending = box.value !== (box.dataset[textMode] || '');
    box.dataset[textMode] = box.value;
    box.dataset[`${textMode}Caret`] = box.selectionStart;
    if (pending || timer) save(box, textMode);
    show(box, name);
  };

  /* C and N: the reply or the note, with the caret in it. */
  const mode = name => {
    const radio = $('#mode-' + name);
    if (!radio) return;
    radio.checked = true;
    modeChanged(name);
    body()?.focus();
  };

  /* What this device kept and the server has not got: typed without a connection, or just before the page went. */
  const restoreText = () => {
    const box = body();
    if (box === boxOn) return;
    boxOn = box;
    asking = '';
    if (!box) return;
    for (const name of ['reply', 'note']) {
      const kept = local(box, name);
      if (kept?.text === box.dataset[name]) localStorage.removeItem(keepAt(box, name));
      if (!kept || kept.text === box.dataset[name]) continue;
      Object.assign(box.dataset, { [name]: kept.text, [`${name}Caret`]: kept.caret, [`${name}Since`]: kept.since || '' });
      save(box, name);
    }
    show(box, $('#mode-note')?.checked ? 'note' : 'reply');
    if ('focus' in box.form.dataset) mode('reply');
  };

  /* The person chose between two texts of his. */
  const chosen = take => {
    const told = $('#kept-elsewhere'), box = body(), name = told.dataset.mode;
    asking = '';
    box.dataset[`${name}Since`] = told.dataset.since;
    if (take) box.dataset[name] = told.dataset.text;
    if (name === textMode) show(box, name);
    localStorage.removeItem(keepAt(box, name));
    told.remove();
    if (!take) save(box, name);
    box.focus();
  };

  addEventListener('input', event => {
    if (event.target.id !== 'composer-body') return;
    count(event.target);
    keep();
  });
  addEventListener('change', event => {
    if (event.target.name === 'mode' && event.target.closest('.dock')) modeChanged(event.target.value);
  });
  addEventListener('online', catchUp);
  addEventListener('htmx:ws:after:connection', catchUp);
  addEventListener('pagehide', () => { if (timer && body()) note(body()); });

  /* Before anything reads the form: where the caret is, and as what the text was typed. */
  addEventListener('submit', event => {
    if (event.target.id !== 'composer') return;
    clearTimeout(timer);
    timer = 0;
    $('#composer-caret').value = body().selectionStart;
    $('#composer-written-as').value = textMode;
    $('#send-menu')?.hidePopover();
  }, true);
  addEventListener('htmx:before:request', event => {
    const { sourceElement } = event.detail.ctx;
    if (sourceElement.id !== 'composer') return;
    // A second press while the first is on its way is the same press.
    if (sourceElement.ariaBusy === 'true') event.preventDefault();
    sourceElement.ariaBusy = 'true';
  });
  addEventListener('htmx:after:request', event => {
    const { sourceElement, response } = event.detail.ctx, box = body();
    if (sourceElement.id === 'composer' && box && response?.status === 200) localStorage.removeItem(keepAt(box));
  });
  addEventListener('htmx:finally:request', event => {
    const { sourceElement } = event.detail.ctx;
    if (sourceElement.id === 'composer') sourceElement.ariaBusy = null;
  });
  addEventListener('took-over', () => mode('reply'));

  Object.assign(doing, {
    takeKept: () => chosen(true),
    keepMine: () => chosen(false),
    sendAndResolve: event => event.target.form.requestSubmit($('#composer-resolve')),
  });
  settling.push(restoreText);
  Object.assign(window.contact, { mode, keep });
})();
