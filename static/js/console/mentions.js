/* Mentions: "@" as the first character of a word in a note opens the list of people and teams; letters narrow it, arrows choose,
   Enter puts the name in. Who cannot see the conversation is named before the note is saved. */
(() => {
  const { $, $$ } = window.contact;
  let filled = null, filling = null;

  const box = () => $('#composer-body');
  const menu = () => $('#mentions');
  const isNote = () => Boolean($('#mode-note')?.checked);
  const isOpen = () => Boolean(menu()?.matches(':popover-open'));
  const options = () => $$('[role=option]', menu());
  const shown = () => options().filter(one => !one.hidden);
  const chosen = () => shown().find(one => one.ariaSelected === 'true');

  /* What stands between an "@" that begins a word and the caret: where it begins, and the letters after it. */
  const word = field => {
    const found = field.value.slice(0, field.selectionStart).match(/(?:^|[^\p{L}\p{N}_@.+-])@([\p{L}\p{N}_.'’-]*(?: [\p{L}\p{N}_.'’-]*){0,3})$/u);
    return found && { at: field.selectionStart - found[1].length - 1, words: found[1].toLocaleLowerCase() };
  };

  /* Once for each list on the page, however fast somebody types. */
  const load = () => {
    const into = menu();
    if (filled === into) return filling;
    filled = into;
    filling = fetch(into.dataset.list, { headers: { 'HX-Request': 'true' } })
      .then(answer => (answer.ok ? answer.text() : Promise.reject(answer.status)))
      .then(html => { into.innerHTML = html; })
      .catch(() => { filled = null; });
    return filling;
  };

  const close = () => {
    if (isOpen()) menu().hidePopover();
    box()?.removeAttribute('aria-activedescendant');
  };

  const choose = option => {
    options().forEach(one => { one.ariaSelected = String(one === option); });
    if (!option) return;
    box().setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  };

  const fits = (name, words) => {
    const lower = name.toLocaleLowerCase();
    return lower.startsWith(words) || (words && !words.includes(' ') && lower.split(/\s/).some(part => part.startsWith(words)));
  };

  const look = async () => {
    const field = box();
    if (!field || !isNote() || document.activeElement !== field || !word(field)) return close();
    await load();
    const found = word(field);
    if (!found) return close();
    options().forEach(one => { one.hidden = !fits(one.dataset.name, found.words); });
    if (!shown().length) return close();
    if (!isOpen()) menu().showPopover({ source: field });
    choose(chosen() || shown()[0]);
  };

  const insert = option => {
    const field = box(), found = word(field);
    close();
    if (!found || !option) return;
    field.setRangeText(`@${option.dataset.name} `, found.at, field.selectionStart, 'end');
    field.focus();
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };

  /* Before the note is saved: who is named and will not hear of it. */
  const warn = async () => {
    const field = box();
    if (!field || !menu()) return;
    if (isNote() && field.value.includes('@')) await load();
    const text = field.value.toLocaleLowerCase();
    const blind = isNote() ? $$('[data-blind]', menu()).filter(one => text.includes(`@${one.dataset.name.toLocaleLowerCase()}`)) : [];
    const line = $('#mention-warning') || Object.assign(document.createElement('p'), { id: 'mention-warning', className: 'mention-warning', role: 'status' });
    if (!line.isConnected) $('#composer-notice')?.after(line);
    const told = blind.length ? `${blind.map(one => one.dataset.name).join(', ')} ${menu().dataset.warning}.` : '';
    line.hidden = !told;
    if (line.textContent !== told) line.textContent = told;
  };

  addEventListener('input', event => {
    if (event.target.id !== 'composer-body') return;
    look().catch(close);
    warn().catch(() => {});
  });
  addEventListener('change', event => {
    if (event.target.name !== 'mode' || !event.target.closest('.dock')) return;
    close();
    warn().catch(() => {});
  });
  addEventListener('keydown', event => {
    if (!isOpen() || event.target.id !== 'composer-body' || event.ctrlKey || event.metaKey || event.isComposing) return;
    const { key } = event, all = shown(), step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step && !['Enter', 'Tab', 'Escape'].includes(key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (step) choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
    else if (key === 'Escape') close();
    else insert(chosen());
  }, true);
  addEventListener('click', event => {
    const option = event.target.closest('#mentions [role=option]');
    if (option) insert(option);
    else if (isOpen() && !event.target.closest('#mentions, #composer-body')) close();
  });
})();
