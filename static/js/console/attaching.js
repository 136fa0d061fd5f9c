/* Recipients as chips, and files chosen, pasted or dropped. */
(() => {
  const { $, $$, doing, toast, keep } = window.contact;

  /* An address typed or pasted becomes a chip; what is none stays in its field, and the browser says why. */
  const isAddress = text => {
    const probe = Object.assign(document.createElement('input'), { type: 'email', value: text });
    return probe.checkValidity() && text.includes('@');
  };
  const chip = (name, address) => {
    const made = $('#recipient-chip').content.firstElementChild.cloneNode(true);
    $('bdi', made).textContent = address;
    Object.assign($('input', made), { name, value: address });
    $('button', made).ariaLabel += address;
    $(`#chips-${name}`).append(made);
  };
  const take = field => {
    const typed = field.value.split(/[,;\s]+/).filter(Boolean), wrong = typed.filter(one => !isAddress(one));
    typed.filter(isAddress).forEach(one => chip(field.name, one.toLowerCase()));
    field.value = wrong.join(' ');
    field.setCustomValidity(wrong.length ? $('#recipients').dataset.invalid : '');
    if (typed.length) keep();
    return !wrong.length;
  };
  const takeBack = field => {
    const last = $$(`#chips-${field.name} [data-address]`).pop();
    if (!last) return;
    field.value = $('input', last).value;
    last.remove();
    keep();
  };

  addEventListener('keydown', event => {
    const field = event.target;
    if (field.id === 'send-at-time' && event.key === 'Enter') {
      event.preventDefault();
      return field.form.requestSubmit($('#composer-schedule'));
    }
    if (!field.matches?.('.recipients__add') || event.isComposing) return;
    if (['Enter', ',', ';'].includes(event.key)) {
      event.preventDefault();
      if (!take(field)) field.reportValidity();
    } else if (event.key === 'Backspace' && !field.value) {
      event.preventDefault();
      takeBack(field);
    }
  }, true);
  addEventListener('input', event => { if (event.target.matches?.('.recipients__add')) event.target.setCustomValidity(''); });
  addEventListener('focusout', event => { if (event.target.matches?.('.recipients__add')) take(event.target); });

  /* Too large a file is named before it is sent at all; the server looks again, and at what is in it. */
  const upload = files => {
    const input = $('#composer-file'), most = +input.dataset.most, fit = new DataTransfer();
    for (const file of files) {
      if (file.size <= most) fit.items.add(file);
      else toast(`${file.name}: ${input.dataset.refusal}`);
    }
    input.files = fit.files;
    if (fit.files.length) $('#composer-upload').requestSubmit();
  };

  addEventListener('change', event => { if (event.target.id === 'composer-file') upload([...event.target.files]); });
  addEventListener('paste', event => {
    const files = [...(event.clipboardData?.files || [])];
    if (event.target.id !== 'composer-body' || !files.length) return;
    event.preventDefault();
    upload(files);
  });
  addEventListener('dragover', event => { if (event.target.closest?.('.dock') && $('#composer-file')) event.preventDefault(); });
  addEventListener('drop', event => {
    const files = [...(event.dataTransfer?.files || [])];
    if (!event.target.closest?.('.dock') || !files.length) return;
    event.preventDefault();
    upload(files);
  });
  addEventListener('htmx:finally:request', event => {
    if (event.detail.ctx.sourceElement.id === 'composer-upload' && $('#composer-file')) $('#composer-file').value = '';
  });

  Object.assign(doing, {
    dropRecipient: event => {
      const row = event.target.closest('.recipients__row');
      event.target.closest('[data-address]').remove();
      $('.recipients__add', row).focus();
      keep();
    },
  });
})();
