/* Who is here: the page says every 25 s, while it is in sight, what its reader does in the open conversation; at once when that
   changes, and that he left when he goes. It never counts as work of his, and nothing waits for the answer. */
(() => {
  const { $, say, settling } = window.contact;
  const BEAT_MS = 25_000, LOOK_MS = 5_000, WRITING_MS = 45_000;
  let at = '', told = '', toldAt = 0, typedAt = -Infinity, announced = new Set();

  const csrf = () => JSON.parse(document.body.getAttribute('hx-headers:inherited') || '{}')['X-CSRFToken'] || '';
  const tell = (where, doing, keepalive = false) => fetch(where, {
    method: 'POST',
    keepalive,
    headers: { 'X-CSRFToken': csrf(), 'X-Background': '1', 'HX-Request': 'true' },
    body: new URLSearchParams({ doing }),
  }).catch(() => {});

  const now = () => {
    if ($('#dock .is-editing')) return 'deciding';
    if (performance.now() - typedAt > WRITING_MS || !$('#composer-body')?.value.trim()) return 'viewing';
    return $('#mode-note')?.checked ? 'noting' : 'replying';
  };

  const beat = () => {
    if (!at || document.hidden) return;
    const doing = now();
    if (doing === told && performance.now() - toldAt < BEAT_MS) return;
    told = doing;
    toldAt = performance.now();
    tell(at, doing).then(lookAgain);
  };

  /* Without a socket nobody says that the others came or went: then every word of ours is also a question. */
  const lookAgain = () => {
    const line = $('.presence');
    if (!line || $('#net[data-state="live"]')) return;
    htmx.ajax('GET', at, { source: line, target: line, swap: 'innerHTML', headers: { 'X-Background': '1' } });
  };

  const moved = () => {
    const here = $('.presence')?.dataset.at || '';
    if (here === at) return;
    if (at) tell(at, 'gone');
    [at, told, typedAt, announced] = [here, '', -Infinity, new Set()];
  };

  /* That somebody writes here is said once, not whenever the line changes. */
  const announce = () => {
    const text = $('.presence__who')?.dataset.say;
    if (!text || announced.has(text)) return;
    announced.add(text);
    say(`${text}.`);
  };

  addEventListener('input', event => {
    if (event.target.id !== 'composer-body') return;
    typedAt = performance.now();
    beat();
  });
  addEventListener('change', event => { if (event.target.closest?.('.dock')) beat(); });
  addEventListener('click', () => setTimeout(beat));
  addEventListener('visibilitychange', () => { toldAt = 0; beat(); });
  addEventListener('pageshow', event => { if (event.persisted) { told = ''; beat(); } });
  addEventListener('pagehide', () => { if (at) tell(at, 'gone', true); });
  setInterval(beat, LOOK_MS);

  settling.push(() => {
    moved();
    beat();
    announce();
  });
})();
