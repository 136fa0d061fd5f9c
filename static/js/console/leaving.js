/* A row that no longer belongs in the view stays where it is, dimmed, with the reason, until the list is asked for again;
   and a list that could not be asked for says so, with a way to try again. */
(() => {
  const { $, $$, settling } = window.contact;

  const leaving = () => {
    const wanted = $('#conv-list')?.dataset;
    if (!wanted) return;
    $$('#conv-list > .conv').forEach(row => {
      const lost = ['state', 'assignee', 'lane'].find(name => name in wanted && wanted[name] !== row.dataset[name]);
      row.classList.toggle('is-left', !!lost);
      $('.conv__left', row).textContent = lost ? row.dataset[`${lost}Said`] : '';
    });
  };

  addEventListener('htmx:after:request', event => {
    const { sourceElement, response } = event.detail.ctx, failed = $('#list-error');
    if (failed && (sourceElement.id === 'list-stale' || sourceElement.closest?.('#conv-more'))) failed.hidden = response.status < 500;
  });
  addEventListener('htmx:error', event => {
    const source = event.detail?.ctx?.sourceElement, failed = $('#list-error');
    if (failed && navigator.onLine && source && (source.id === 'list-stale' || source.closest?.('#conv-more'))) failed.hidden = false;
  });

  settling.push(leaving);
})();
