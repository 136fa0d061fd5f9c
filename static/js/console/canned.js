/* Canned replies: "/" as the first character of a word opens the list; words narrow it, arrows choose, Enter puts the text in.
   The server finds, fills in and describes; what it shows beside the list is exactly what Enter inserts. */
(() => {
  const { $, $$, doing, toast } = window.contact;
  const WAIT_MS = 120;
  let timer, asked = 0;

  const box = () => $('#composer-body');
  const menu = () => $('#canned');
  const isOpen = () => menu()?.matches(':popover-open');
  const options = () => $$('[role=option]', menu());
  const chosen = () => $('[aria-selected=true]', menu());

  /* The word that the caret stands behind, when it begins with a slash: where it begins, and what follows the slash. */
  const word = field => {
    const found = field.value.slice(0, field.selectionStart).match(/(?:^|\s)\/([^\s/]{0,40})$/u);
    return found && { at: field.selectionStart - found[1].length - 1, words: found[1] };
  };

  const close = () => {
    clearTimeout(timer);
    asked += 1;
    if (isOpen()) menu().hidePopover();
    box()?.removeAttribute('aria-activedescendant');
  };

  const fetched = async (url, into) => {
    const mine = ++asked, answer = await fetch(url, { headers: { 'HX-Request': 'true' } }), html = await answer.text();
    if (mine !== asked || !answer.ok) return false;
    into.innerHTML = html;
    return true;
  };

  const choose = async option => {
    options().forEach(one => one.setAttribute('aria-selected', String(one === option)));
    if (!option) return;
    box().setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
    await fetched(option.dataset.preview, $('#canned-preview'));
  };

  const open = async words => {
    const url = `${menu().dataset.list}?q=${encodeURIComponent(words)}`;
    if (!await fetched(url, menu()) || !word(box())) return;
    if (!isOpen()) menu().showPopover({ source: box() });
    await choose(options()[0]);
  };

  const look = () => {
    const found = box() && document.activeElement === box() && word(box());
    clearTimeout(timer);
    if (!found) return close();
    timer = setTimeout(() => open(found.words).catch(close), isOpen() ? WAIT_MS : 0);
  };

  /* What was not filled in is selected, so that typing replaces it. */
  const selectGap = (field, from) => {
    const gap = /\{\{[^{}]*\}\}/.exec(field.value.slice(from));
    if (gap) field.setSelectionRange(from + gap.index, from + gap.index + gap[0].length);
  };

  const insert = () => {
    const text = $('#canned-text'), field = box(), found = word(field);
    if (!text || !found || text.dataset.of !== chosen()?.id) return;
    const macro = $('#canned-macro');
    close();
    field.setRangeText(text.value, found.at, field.selectionStart, 'end');
    selectGap(field, found.at);
    field.dispatchEvent(new Event('input', { bubbles: true }));
    if (text.dataset.posts) htmx.ajax('POST', text.dataset.posts, { source: '#composer-macro', target: '#composer-macro', swap: 'none' });
    else if (macro) $('#composer-macro').replaceChildren(macro.content.cloneNode(true));
  };

  addEventListener('input', event => { if (event.target.id === 'composer-body') look(); });
  addEventListener('keydown', event => {
    if (!isOpen() || event.target.id !== 'composer-body' || event.ctrlKey || event.metaKey || event.isComposing) return;
    const { key } = event, all = options(), at = all.indexOf(chosen()), step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step && key !== 'Enter' && key !== 'Escape') return;
    event.preventDefault();
    if (step && all.length) choose(all[(at + step + all.length) % all.length]);
    else if (key === 'Escape') close();
    else insert();
  }, true);
  addEventListener('click', event => {
    const option = event.target.closest('#canned [role=option]');
    if (option) choose(option).then(insert);
    else if (isOpen() && !event.target.closest('#canned, #composer-body, [data-do=canned]')) close();
  });

  Object.assign(doing, {
    canned: () => {
      const field = box(), before = field.value.slice(0, field.selectionStart);
      field.focus();
      if (isOpen()) return close();
      if (!word(field)) field.setRangeText(/\S$/.test(before) ? ' /' : '/', field.selectionStart, field.selectionEnd, 'end');
      look();
    },
    dropMacro: () => $('#composer-macro').replaceChildren(),
  });
})();
