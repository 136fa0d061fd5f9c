/* The connection. Live: the socket is open and the page has caught up. Reconnecting: no socket for less than 10 s.
   Slow: the server answers, the socket does not open; asked every 5 s. Offline: nothing answers; what needs the server waits. */
(() => {
  const { $, $$, say, clone, word, fetchInto, openId, list, settling } = window.contact;
  const app = $('#app'), net = $('#net'), banner = $('#net-banner'), sync = app?.dataset.sync;
  const WAITS = '[data-key=a], [data-key=r], [data-key=t], .reject [type=submit], #composer [type=submit], [data-waits]';
  const BESIDE = '.draft__acts, .decide__bar, .dialog__foot, .dock__tools';
  const PATIENCE_MS = 10000, POLL_MS = 5000, AGAIN_MS = 2000, HIDDEN_MS = 60000;
  const PRIVATE_CODES = [4401, 4403, 4404, 4408];
  let state = 'reconnecting', socket = null, isOpen = false, ended = false, answered = false, checking = false, onceMore = false, patience, next, hiddenAt = 0;

  const shown = name => {
    if (banner.dataset.shows === name) return;
    banner.dataset.shows = name;
    const values = { since: new Date().toTimeString().slice(0, 5) };
    banner.replaceChildren(...(name ? [clone(name, values)] : []));
  };

  /* Without a server nothing can be decided or sent: the buttons rest, and say why. */
  const hold = away => {
    $$(WAITS).forEach(button => {
      if (away && !button.disabled) Object.assign(button.dataset, { held: '' });
      if (away || 'held' in button.dataset) button.disabled = away;
      if (!away) delete button.dataset.held;
      const place = button.closest(BESIDE);
      if (away && place && !$('.waits', place)) place.append(clone('waits'));
    });
    if (!away) $$('.waits').forEach(one => one.remove());
  };

  const become = (name, told) => {
    state = name;
    if (net) {
      net.dataset.state = name;
      $('.label', net).textContent = word(`state-${name}`);
    }
    shown(told || '');
    hold(name === 'offline');
  };

  /* One question for everything since the last number. True when the server answered it. */
  const catchUp = async () => {
    answered = false;
    if (!sync) answered = await fetch('/healthz').then(answer => answer.ok, () => false);
    else {
      const query = list()?.dataset.url.split('?')[1] || '';
      await fetchInto(`${sync}?after=${$('#seq').textContent}&open=${openId()}&${query}`, '#seq').catch(() => {});
    }
    return answered;
  };

  /* Asks, and settles what the connection is from the answer; goes on asking until the socket is open and the page has caught up. */
  const check = async () => {
    clearTimeout(next);
    if (ended || checking) return void (onceMore = checking);
    checking = true;
    const good = await catchUp(), stale = onceMore;
    checking = onceMore = false;
    clearTimeout(next);
    if (ended) return;
    if (stale) return check();
    if (good && isOpen) {
      clearTimeout(patience);
      patience = 0;
      return become('live');
    }
    if (!good && !isOpen) become('offline', 'offline');
    else if (good && state === 'offline') wait();
    else if (good && !patience) become('slow', sync || $('#tiles') ? 'slow' : 'interrupted');
    next = setTimeout(check, isOpen ? AGAIN_MS : POLL_MS);
  };

  const impatient = () => {
    patience = 0;
    check();
  };
  const wait = () => {
    become('reconnecting');
    clearTimeout(patience);
    patience = setTimeout(impatient, PATIENCE_MS);
  };
  const lose = () => {
    isOpen = false;
    if (state === 'live') wait();
  };
  const end = code => {
    ended = true;
    clearTimeout(next);
    clearTimeout(patience);
    become('offline', String(code));
    say(word(code), true);
  };

  addEventListener('htmx:after:request', event => {
    const { sourceElement, response } = event.detail.ctx;
    if (sourceElement.id === 'seq' && response.status === 200) answered = true;
  });
  addEventListener('htmx:ws:after:connection', event => {
    socket = event.detail.connection;
    isOpen = true;
    check();
  });
  addEventListener('htmx:ws:close', event => {
    if (PRIVATE_CODES.includes(event.detail.code)) end(event.detail.code);
    else if (!ended) lose();
  });
  addEventListener('offline', () => {
    if (ended) return;
    become('offline', 'offline');
    clearTimeout(next);
    next = setTimeout(check, POLL_MS);
  });
  addEventListener('online', () => {
    // A socket that lived through it may be dead without knowing: a new one is opened at once.
    if (socket) socket.attempt = 0;
    socket?.socket?.close();
    check();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (hiddenAt && Date.now() - hiddenAt > HIDDEN_MS) check();
  });

  if (app?.hasAttribute('hx-ws:connect')) patience = setTimeout(impatient, PATIENCE_MS);
  settling.push(() => { if (state === 'offline') hold(true); });
})();
