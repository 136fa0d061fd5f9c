/* Files on the customer's pages: what is chosen is named, and what is too large is found before it is sent. The server checks again. */
(() => {
  const place = document.querySelector('#files'), input = place?.querySelector('input'), told = document.querySelector('#files-told');
  if (!input) return;
  const most = place.dataset, mega = bytes => `${(bytes / 1048576).toFixed(1)} MB`;
  const wrong = files => {
    if (files.length > +most.most || files.reduce((sum, one) => sum + one.size, 0) > +most.allBytes) return most.tooMany;
    const large = files.filter(one => one.size > +most.fileBytes).map(one => one.name);
    return large.length ? `${most.tooLarge} ${large.join(', ')}` : '';
  };
  const tell = () => {
    const files = [...input.files], bad = wrong(files);
    told.textContent = bad || files.map(one => `${one.name} (${mega(one.size)})`).join(', ');
    told.classList.toggle('is-bad', !!bad);
    input.toggleAttribute('aria-invalid', !!bad);
    return !bad;
  };
  input.addEventListener('change', tell);
  /* Caught on its way down, before anybody sends. */
  document.addEventListener('submit', e => { if (e.target === input.form && !tell()) { e.preventDefault(); e.stopImmediatePropagation(); input.focus(); } }, true);
  addEventListener('htmx:after:request', e => { if (e.detail.ctx.sourceElement === input.form && e.detail.ctx.response?.status === 200) { input.value = ''; tell(); } });
})();
