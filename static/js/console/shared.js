/* What every script of the console uses. Each is a function of its own on the one shared name `contact`:

     (() => {
       const { $, $$, post, say, doing, settling } = window.contact;
       doing.archive = event => { … };      // what a press on `data-do="archive"` does
       settling.push(() => { … });          // runs after every swap and once when the page is ready
     })();

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

  /* Asks for regions that replace those on the page, in the background. */
  const fetchInto = url => htmx.ajax('GET', url, {
    source: '#list-stale', target: '#list-stale', swap: 'none', headers: { 'X-Background': '1' },
  });

  const typing = el => el.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select');
  const openId = () => $('#dock')?.dataset.conversation || $('[data-decide]')?.dataset.decide || '';

  const settling = [];
  const settled = () => settling.forEach(what => what());

  window.contact = { $, $$, say, post, fetchInto, typing, openId, doing: {}, settling, settled };
})();
