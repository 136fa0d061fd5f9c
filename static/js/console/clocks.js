/* Clocks: ages, times left and the seconds in which something can be undone. Times are told in the reader's zone, which what came
   over the socket could not know; hovering one names the exact moment and the zone. */
(() => {
  const { $, $$, settling, post, word } = window.contact;
  const { lang } = document.documentElement, known = document.body.dataset.zone;
  const timeZone = known || Intl.DateTimeFormat().resolvedOptions().timeZone;
  // Whoever never chose a zone is where his browser is; the server reckons with it from the next page on.
  if (!known) post('/settings/zone/', { zone: timeZone }).catch(() => {});
  const hours = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone };
  const clock = new Intl.DateTimeFormat(lang, hours);
  const exact = new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'long', year: 'numeric', timeZoneName: 'short', ...hours });

  const span = s => {
    if (s < 3600) return word('minutes', { number: Math.max(1, Math.floor(s / 60)) });
    return s < 86400 ? word('hours', { number: Math.floor(s / 3600) }) : word('days', { number: Math.floor(s / 86400) });
  };
  const seconds = iso => (new Date(iso) - Date.now()) / 1000;

  const tick = () => {
    $$('[data-due]').forEach(el => {
      const left = seconds(el.dataset.due);
      el.textContent = left < 0 ? word('over', { span: span(-left) }) : span(left);
    });
    $$('[data-age]').forEach(el => {
      const age = -seconds(el.dateTime);
      if (age < 86400) el.textContent = age < 60 ? word('age-now') : span(age);
    });
    $$('time[datetime]').forEach(el => {
      const at = new Date(el.dateTime);
      if ('clock' in el.dataset) el.textContent = clock.format(at);
      el.title = exact.format(at);
    });
  };

  const countDown = () => $$('[data-until]').forEach(el => {
    const left = seconds(el.dataset.until), ring = $('.countdown', el);
    if (!ring) {
      el.textContent = left > 0 ? word('seconds', { number: Math.ceil(left) }) : word('age-now');
      return;
    }
    ring.style.setProperty('--p', Math.max(0, Math.min(1, left / 5)));
    ring.firstElementChild.textContent = Math.max(0, Math.ceil(left));
    if (left <= 0) el.remove();
  });

  setInterval(tick, 20000);
  setInterval(countDown, 250);
  settling.push(tick, countDown);
})();
