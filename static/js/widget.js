/* A button on somebody's site that opens our chat beside the page. Without a script the site links to our form itself:
   <script src="https://desk.example/static/js/widget.js" data-inbox="web" async></script> */
(() => {
  const me = document.currentScript, ours = new URL(me.src).origin, said = me.dataset, de = (document.documentElement.lang || '').startsWith('de');
  const words = de ? ['Chat öffnen', 'Chat schließen', 'Neue Antwort'] : ['Open the chat', 'Close the chat', 'New answer'];
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches, wide = matchMedia('(min-width: 30rem)');
  const make = (tag, more) => Object.assign(document.createElement(tag), more);
  const dress = (el, style) => { for (const [name, value] of Object.entries(style)) el.style.setProperty(name, value); return el; };
  const plain = { all: 'initial', position: 'fixed', 'z-index': '2147483000' };
  const button = dress(make('button', { type: 'button' }), { ...plain, 'inset-block-end': '20px', 'inset-inline-end': '20px', 'min-height': '52px', padding: '0 20px', 'border-radius': '26px', font: '600 16px/52px system-ui,sans-serif', color: '#fff', background: said.color || '#0560b6', cursor: 'pointer', 'box-shadow': '0 4px 16px rgb(0 0 0 / .25)', 'box-sizing': 'border-box' });
  const at = 'contactcenter:' + (said.inbox || '');
  let frame, panel, open = false;

  const place = () => panel && dress(panel, wide.matches
    ? { inset: 'auto 20px 84px auto', width: '384px', height: 'min(640px, calc(100dvh - 104px))', 'border-radius': '16px' }
    : { inset: '0 0 84px 0', width: '100%', height: 'calc(100dvh - 84px)', 'border-radius': '0' });
  const kept = talk => { try { return talk ? sessionStorage.setItem(at, talk) : sessionStorage.getItem(at) || ''; } catch { return ''; } };
  const build = () => {
    panel = dress(make('div'), { ...plain, overflow: 'hidden', background: 'Canvas', 'box-shadow': '0 8px 32px rgb(0 0 0 / .3)', transition: still ? 'none' : 'opacity .15s' });
    const hash = '#' + new URLSearchParams({ ...(said.identity && { identity: said.identity }), talk: kept() });
    frame = dress(make('iframe', { title: said.label || words[0], src: `${ours}/contact/?inbox=${encodeURIComponent(said.inbox || '')}&embed=1${said.form === undefined ? '&chat=1' : ''}${hash}` }), { all: 'initial', width: '100%', height: '100%', border: '0' });
    frame.addEventListener('load', () => open && greet());
    panel.append(frame); document.body.insertBefore(panel, button); place();
  };
  const greet = () => { frame.focus(); frame.contentWindow.postMessage({ contactcenter: 'opened' }, ours); };
  const tell = text => { button.textContent = text; button.setAttribute('aria-expanded', String(open)); };
  const turn = on => {
    open = on; if (!panel) build();
    dress(panel, { display: on ? 'block' : 'none' });
    tell(on ? words[1] : said.label || words[0]);
    if (on) greet(); else button.focus();
  };
  button.addEventListener('click', () => turn(!open));
  addEventListener('keydown', e => { if (e.key === 'Escape' && open) turn(false); });
  addEventListener('message', e => {
    if (!frame || e.origin !== ours || e.source !== frame.contentWindow) return;
    const what = e.data && e.data.contactcenter;
    if (what === 'close' && open) turn(false);
    if (what && typeof what.talk === 'string') kept(what.talk);
    if (what === 'answer' && !open) tell(words[2]);
  });
  wide.addEventListener('change', place);
  tell(said.label || words[0]);
  const start = () => document.body.append(button);
  if (document.body) start(); else addEventListener('DOMContentLoaded', start);
})();
