// The page of one link: its own address is the component's source.
const element = document.querySelector('longhaul-progress');
element.addEventListener('progress', event => {
  document.title = `${event.detail.description ?? 'Progress'}: ${event.detail.state}`;
});
const answer = await fetch(location.pathname, { headers: { Accept: 'application/json' } }).catch(() => null);
if (answer?.ok) element.setAttribute('src', location.pathname);
else {
  element.remove();
  document.getElementById('gone').hidden = false;
}
