// The page works without this file. With it: a filter while typing, local times, keys, and news without a reload.
'use strict';

const OFTEN = 200;
const USUALLY = 1000;
const STOPPED = 'swa-apim does not answer: it may have been stopped';

const rows = () => {
  const field = document.getElementById('filter');
  const table = field && document.getElementById(field.dataset.rows);
  return table ? [...table.tBodies[0].rows] : [];
};

function filter() {
  const field = document.getElementById('filter');
  if (!field) return;
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows()) {
    row.hidden = !words.every((word) => row.dataset.text.includes(word));
    if (!row.hidden) shown += 1;
  }
  const none = document.getElementById('none');
  if (none) none.hidden = shown > 0;
}

// The address keeps the filter, so that it can be shared, and is there again when a user comes back.
function keepFilter() {
  const typed = document.getElementById('filter').value;
  const address = new URL(location.href);
  if (typed) address.searchParams.set('q', typed); else address.searchParams.delete('q');
  history.replaceState(history.state, '', address);
}

function localTimes() {
  for (const time of document.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = 'clock' in time.dataset
      ? at.toLocaleTimeString()
      : at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
    time.title = time.dateTime;
  }
}

// A deletion can be sent only once its name is typed; the server checks it too.
function confirmations() {
  for (const form of document.querySelectorAll('form[data-confirm]')) {
    const [field, button] = [form.elements.name, form.querySelector('button')];
    const check = () => { button.disabled = field.value.trim() !== form.dataset.confirm; };
    field.addEventListener('input', check);
    check();
  }
  for (const form of document.querySelectorAll('form.apply')) {
    form.addEventListener('submit', () => setTimeout(() => { form.querySelector('button').disabled = true; }));
  }
}

function ready() {
  filter();
  localTimes();
  confirmations();
}

// Fields are replaced when the page is read again, so the document listens.
document.addEventListener('input', (event) => { if (event.target.id === 'filter') { filter(); keepFilter(); } });

function say(text) {
  const line = document.getElementById('connection');
  if (line.textContent !== text) line.textContent = text;
}

let last = document.getElementById('main').innerHTML;
let timer;

// Asks whether the page has changed, as long as the window can be seen.
async function ask() {
  clearTimeout(timer);
  const { news, seen, every } = document.body.dataset;
  if (!news || document.hidden) return;
  let pause = Number(every) || USUALLY;
  try {
    const answer = await fetch(news + seen);
    say('');
    if (answer.status === 200) await refresh();
    else if (answer.status === 202) pause = OFTEN;
    else if (answer.status === 403) { await refresh(); return; }
  } catch {
    say(STOPPED);
  }
  clearTimeout(timer);
  timer = setTimeout(ask, pause);
}

// The elements that can have the focus, and that are for a reader the same as `it`.
function peers(main, it) {
  const known = (one) => [one.tagName, one.id, one.getAttribute('href'), one.closest('details')?.dataset.of].join(' ');
  return [...main.querySelectorAll('a, button, input, summary, [tabindex]')].filter((one) => known(one) === known(it));
}

// Reads the page again and replaces its content, but leaves the text and the focus of a field as they are. The server
// filters only where there are no scripts: here every row is needed.
async function refresh() {
  const address = new URL(location.href);
  address.searchParams.delete('q');
  const answer = await fetch(address, { headers: { accept: 'text/html' } });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const [before, after] = [document.getElementById('main'), page.getElementById('main')];
  for (const name of ['news', 'seen', 'every']) {
    const value = page.body.dataset[name];
    if (value === undefined) delete document.body.dataset[name]; else document.body.dataset[name] = value;
  }
  if (after.innerHTML === last) return;
  last = after.innerHTML;
  const active = before.contains(document.activeElement) && document.activeElement;
  const place = active ? peers(before, active).indexOf(active) : -1;
  const open = new Set([...before.querySelectorAll('details[open]')].map((it) => it.dataset.of));
  const [left, top] = [scrollX, scrollY];
  // What a user is typing is not replaced.
  const [field, same] = [document.getElementById('filter'), page.getElementById('filter')];
  const selected = field && [field.selectionStart, field.selectionEnd];
  if (field && same) same.replaceWith(field);
  document.title = page.title;
  before.replaceChildren(...after.childNodes);
  before.querySelectorAll('details').forEach((it) => { it.open = open.has(it.dataset.of); });
  ready();
  scrollTo({ left, top, behavior: 'instant' });
  if (!active) return;
  (peers(before, active)[place] || before).focus({ preventScroll: true });
  if (active === field) field.setSelectionRange(...selected);
}

// `/` goes to the filter; `j` and `k` go down and up the rows; `g` then a letter goes to a page; `?` shows them.
let prefix = false;
document.addEventListener('keydown', (event) => {
  // A browser would empty the field, without an event.
  if (event.key === 'Escape' && event.target.id === 'filter') { event.preventDefault(); event.target.blur(); }
  const keys = document.getElementById('keys');
  if (event.key === 'Escape') keys.open = false;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, textarea, select')) return;
  const links = rows().filter((row) => !row.hidden).map((row) => row.querySelector('a'));
  const at = links.indexOf(document.activeElement);
  const pages = { l: '/', s: '/services', p: '/picture', t: '/traffic', y: '/try', w: '/switches' };
  if (prefix && pages[event.key]) location.href = pages[event.key];
  prefix = event.key === 'g';
  if (event.key === '/') { event.preventDefault(); document.getElementById('filter')?.focus(); }
  if (event.key === 'j') links[Math.min(at + 1, links.length - 1)]?.focus();
  if (event.key === 'k') links[Math.max(at - 1, 0)]?.focus();
  if (event.key === '?') keys.open = !keys.open;
});

ready();
if (new URL(location.href).searchParams.get('q')) refresh().catch(() => say(STOPPED));
timer = setTimeout(ask, Number(document.body.dataset.every) || OFTEN);
document.addEventListener('visibilitychange', ask);
addEventListener('pageshow', (event) => { if (event.persisted) ask(); });
