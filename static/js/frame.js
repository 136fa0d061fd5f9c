/* Our pages in a frame of a site: who the site says it is, back to the conversation that was begun, and what the site's button should know. */
(() => {
  const sites = (document.body.dataset.sites || '').split(' ').filter(Boolean), inbox = document.body.dataset.inbox;
  const tell = message => { if (parent !== self) for (const site of sites) { try { parent.postMessage({ contactcenter: message }, site); } catch { /* no such origin */ } } };
  const at = 'talk:' + (inbox || ''), talk = location.pathname.startsWith('/c/');

  /* This browser keeps, for this site alone, which conversation was begun; no script of the site can read it. Where it keeps nothing
     in frames the site's page is asked to, until its tab is closed; but not the address of somebody who has proven who he is. */
  const hash = new URLSearchParams(location.hash.slice(1));
  const remembered = () => { try { return localStorage.getItem('talk'); } catch { return hash.get('talk'); } };
  if (talk) { try { localStorage.setItem('talk', location.pathname); } catch { if (!location.pathname.includes('.p~')) tell({ talk: location.pathname }); } }
  else if (document.querySelector('.empty')) { try { localStorage.removeItem('talk'); } catch { /* nothing was kept */ } }
  else if (document.body.dataset.view === 'start' && !document.querySelector('.error-summary')) {
    const path = remembered();
    if (/^\/c\/[\w~:.-]+\/$/.test(path || '')) { location.replace(path + '?embed=1'); return; }
  }

  /* What the site signed stands behind the #, where no log keeps it. */
  const signed = hash.get('identity'), field = document.querySelector('[name=identity]');
  if (signed && field && !field.value) { field.value = signed; document.querySelector('#who')?.toggleAttribute('hidden', true); }

  addEventListener('keydown', e => { if (e.key === 'Escape' && !e.defaultPrevented) tell('close'); });
  addEventListener('message', e => {
    if (e.source !== parent || !sites.includes(e.origin) || e.data?.contactcenter !== 'opened') return;
    (document.querySelector('.error-summary, #chat-in') || document.querySelector('#message'))?.focus();
  });
  if (talk) addEventListener('htmx:after:swap', () => {
    const says = document.querySelectorAll('.say:not(.is-me)[id^=say-]');
    if (says.length > count) tell('answer');
    count = says.length;
  });
  let count = document.querySelectorAll('.say:not(.is-me)[id^=say-]').length;
  tell('ready');
})();
