/* What needs me, in the title and on the icon of the tab: the server's own counts, whenever they change. */
(() => {
  const { $, settling } = window.contact;
  const icon = $('link[rel=icon]'), plain = icon.href;

  const count = selector => Number($(selector)?.textContent.replace(/\D/g, '') || 0);

  const show = () => {
    const needed = count('#count-mine') + count('#count-review, #count-approvals');
    const title = document.title.replace(/^\(\d+\) /, ''), wanted = needed ? `(${needed}) ${title}` : title;
    if (document.title !== wanted) document.title = wanted;
    const image = needed ? icon.dataset.dot : plain;
    if (icon.href !== new URL(image, location).href) icon.href = image;
  };

  new MutationObserver(show).observe($('title'), { childList: true });
  settling.push(show);
})();
