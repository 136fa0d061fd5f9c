/* What every script of the console uses. Each is a function of its own on the one shared name `contact`:

     (() => {
       const { $, $$, post, say, doing, settling } = window.contact;
       doing.archive = event => { … };      // what a press on `data-do="archive"` does
       settling.push(() => { … });          // runs after every swap and once when the page is ready
     })();

   Keys are bound in one place, from one table: conversations/shortcuts.py names what a key `does`, a script says how with
   `doing.name = event => { … }`; one that answers false leaves the key to the browser.
   What people read is printed by the server in templates/console/_words.html: word('name', {values}), clone('name').

   Everything that is shown comes from the server; nothing here knows what a conversation is. */
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  const say = (text, urgent) => {
    const region = $(urgent ? '#live-assertive' : '#live-polite');
    if (region) region.textContent = text;
  };

  const csrf = () => JSON.parse(document.body.getAttribute('hx-headers:inherited') || '{}')['X-CSRFToken'] || '';
  const post = (url, values) => fetch(url, {
    method: 'POST',
    body: new URLSearchParams(values),
    headers: { 'X-CSRFToken': csrf(), 'HX-Request': 'true' },
  });

  /* Asks for regions that replace those on the page, in the background; one question at a time for each `source`. */
  const fetchInto = (url, source = '#list-stale') => htmx.ajax('GET', url, {
    source, target: source, swap: 'none', headers: { 'X-Background': '1' },
  });
  const isBackground = ctx => Boolean(ctx.request?.headers?.['X-Background']);

  const typing = el => el.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select');
  const openId = () => $('#dock')?.dataset.conversation || $('[data-decide]')?.dataset.decide || '';

  /* A text or an element of templates/console/_words.html, with {values} put in. */
  const clone = (name, values = {}) => {
    const found = $(`[data-word="${name}"]`, $('#words').content).cloneNode(true);
    const text = [found, ...$$('*', found)].flatMap(one => [...one.childNodes]).filter(one => one.nodeType === Node.TEXT_NODE);
    for (const node of text) node.data = node.data.replace(/{(\w+)}/g, (all, key) => values[key] ?? all);
    return found;
  };
  const word = (name, values) => clone(name, values).textContent;
  const toast = text => $('#toasts')?.append(clone('toast', { text }));

  const settling = [];
  const settled = () => settling.forEach(what => what());

  window.contact = { $, $$, say, post, fetchInto, isBackground, typing, openId, clone, word, toast, doing: {}, settling, settled };
})();
