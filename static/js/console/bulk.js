/* The bar under the list: how many rows are selected, or that all which match are meant. */
(() => {
  const { $, $$, say, list, doing, settling } = window.contact;
  const bar = $('#bulk');
  if (!bar) return;
  const told = $('#bulk-n'), scope = $('#bulk-scope');
  let last = '';

  const picked = () => $$('.conv__pick input:checked');

  const show = () => {
    const many = picked().length, all = $('[data-total]', scope);
    if (!many) scope.replaceChildren();
    const { one, many: more } = told.dataset;
    told.textContent = many && all ? all.textContent : many === 1 ? one : more.replace('{n}', many);
    $('#bulk-all').hidden = Boolean(all);
    if (many && told.textContent !== last) say(told.textContent);
    last = many ? told.textContent : '';
  };

  const clear = () => {
    picked().forEach(box => { box.checked = false; });
    scope.replaceChildren();
    show();
  };

  addEventListener('change', event => {
    if (!event.target.matches('.conv__pick input')) return;
    // Another choice of rows is no longer all that match.
    scope.replaceChildren();
    show();
  });

  addEventListener('htmx:after:swap', () => ($('[data-began]', scope) ? clear() : show()));

  doing.bulkAll = () => {
    const [, query = ''] = list().dataset.url.split('?');
    htmx.ajax('GET', `/queue/bulk/scope/?${query}`, { source: '#bulk-all', target: '#bulk-scope', swap: 'none' });
  };
  doing.bulkClear = clear;
  settling.push(show);
})();
