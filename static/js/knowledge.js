/* The editor's text is kept on this device until it is saved: a session that ends, a lost connection or a closed tab lose nothing. */
(() => {
  const form = document.querySelector('[data-keep-at]'), names = ['title', 'body'];
  const told = document.querySelector('#toasts .toast');
  // The page after saving says so; only then is what was kept let go.
  if (told && !form) Object.keys(localStorage).filter(one => one.startsWith('article:') && one.endsWith(':sent')).forEach(sent => {
    const key = sent.slice(0, -5), path = key.slice(key.indexOf('/'));
    if (path === '/knowledge/new/' || path === `${location.pathname}edit/`) { localStorage.removeItem(key); localStorage.removeItem(sent); }
  });
  if (!form) return;
  const key = `article:${form.dataset.keepAt}`, banner = form.querySelector('#kept'), field = name => form.elements[name];
  const kept = JSON.parse(localStorage.getItem(key) || 'null'), first = Object.fromEntries(names.map(name => [name, field(name).value]));
  if (kept && names.some(name => kept[name] !== undefined && kept[name] !== field(name).value)) banner.hidden = false;
  localStorage.removeItem(`${key}:sent`);
  let saving;
  form.addEventListener('input', e => {
    if (!names.includes(e.target.name)) return;
    clearTimeout(saving);
    saving = setTimeout(() => { banner.hidden = true; localStorage.setItem(key, JSON.stringify(Object.fromEntries(names.map(name => [name, field(name).value])))); }, 300);
  });
  form.addEventListener('submit', () => { clearTimeout(saving); if (names.some(name => field(name).value !== first[name])) localStorage.setItem(key, JSON.stringify(Object.fromEntries(names.map(name => [name, field(name).value])))); localStorage.setItem(`${key}:sent`, '1'); });
  form.addEventListener('click', e => {
    const act = e.target.closest('[data-kept]')?.dataset.kept;
    if (act === 'take') { names.forEach(name => { if (kept[name] !== undefined) field(name).value = kept[name]; }); field('body').dispatchEvent(new Event('input', { bubbles: true })); field('body').focus(); banner.hidden = true; }
    if (act === 'drop') { clearTimeout(saving); localStorage.removeItem(key); banner.hidden = true; }
  });
})();
