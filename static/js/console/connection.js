/* The connection: what is said while it is lost, what waits until it is back, and the one question asked then. */
(() => {
  const { $, $$, say, fetchInto, openId, list, settling } = window.contact;
  const app = $('#app'), net = $('#net');
  const WAITS = '[data-key=a], [data-key=t], .reject [type=submit], #composer [type=submit]';
  const ENDED = {
    4401: 'You are signed out. Sign in again to go on; what you wrote is kept.',
    4403: 'Your access was changed. Reload the page to see what you may see now.',
    4404: 'This conversation is no longer visible to you.',
    4408: 'Your session ended because nothing happened for a while. Sign in again; what you wrote is kept.',
  };
  let lost, again, caughtUp;

  const offline = () => net?.dataset.state === 'offline';

  const show = (state, label) => {
    if (!net) return;
    net.dataset.state = state;
    $('.label', net).textContent = label;
    $$(WAITS).forEach(button => { button.disabled = state === 'offline'; });
  };

  const away = () => {
    if (offline()) return;
    show('offline', 'Offline');
    const banner = document.createElement('div'), since = new Date().toTimeString().slice(0, 5);
    banner.className = 'banner is-warn';
    banner.role = 'status';
    banner.textContent = `You’re offline since ${since}. What you write is kept here; `
      + 'sending and approving wait until the connection is back.';
    $('#net-banner').replaceChildren(banner);
  };

  const live = () => {
    show('live', 'Live');
    $('#net-banner').replaceChildren();
  };

  const catchUp = () => {
    clearTimeout(lost);
    clearTimeout(again);
    lost = 0;
    caughtUp = !app.dataset.sync;
    const query = list()?.dataset.url.split('?')[1] || '';
    const question = `${app.dataset.sync}?after=${$('#seq').textContent}&open=${openId()}&${query}`;
    (caughtUp ? Promise.resolve() : fetchInto(question)).then(() => {
      if (caughtUp) live();
      else again = setTimeout(catchUp, 2000);
    });
  };

  addEventListener('htmx:after:request', event => {
    const { sourceElement, response } = event.detail.ctx;
    if (sourceElement.id === 'list-stale' && response.status === 200) caughtUp = true;
  });
  addEventListener('htmx:ws:after:connection', catchUp);
  addEventListener('online', catchUp);
  addEventListener('htmx:ws:close', event => {
    const why = ENDED[event.detail.code];
    if (why) {
      away();
      $('#net-banner').firstChild.textContent = why;
      say(why, true);
    } else if (!lost && !offline()) {
      show('reconnecting', 'Reconnecting');
      lost = setTimeout(away, 10000);
    }
  });
  addEventListener('offline', away);

  settling.push(() => { if (offline()) show('offline', 'Offline'); });
})();
