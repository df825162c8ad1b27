// The page works without this file. With it: a filter while typing, local times, keys, and news without a reload.
'use strict';

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
  const field = document.getElementById('filter');
  if (field) field.addEventListener('input', filter);
}

function say(text) {
  const line = document.getElementById('connection');
  if (line.textContent !== text) line.textContent = text;
}

let source = null;
let reading = false;
let last = document.getElementById('main').innerHTML;
let again = false;

function listen() {
  const news = document.body.dataset.news;
  if (source) source.close();
  source = null;
  if (!news) return;
  source = new EventSource(news);
  source.addEventListener('changed', refresh);
  source.addEventListener('open', () => say(''));
  source.addEventListener('error', () => say('swa-apim does not answer: it may have been stopped'));
}

// Reads the page again and replaces its content, but leaves the text and the focus of a field as they are.
async function refresh() {
  if (reading) { again = true; return; }
  reading = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const [before, after] = [document.getElementById('main'), page.getElementById('main')];
    if (after.innerHTML === last) return;
    last = after.innerHTML;
    const active = document.activeElement;
    const focus = active && before.contains(active) ? active.id || active.getAttribute('href') : null;
    const typed = document.getElementById('filter')?.value;
    const open = [...before.querySelectorAll('details')].map((it) => it.open);
    document.title = page.title;
    before.replaceChildren(...after.childNodes);
    if (typed !== undefined && document.getElementById('filter')) document.getElementById('filter').value = typed;
    before.querySelectorAll('details').forEach((it, at) => { it.open = open[at] ?? false; });
    if (focus) (document.getElementById(focus) || before.querySelector(`a[href="${CSS.escape(focus)}"]`))?.focus();
    const news = page.body.dataset.news;
    if (news !== document.body.dataset.news) {
      if (news) document.body.dataset.news = news; else delete document.body.dataset.news;
      listen();
    }
    ready();
  } catch {
    say('swa-apim does not answer: it may have been stopped');
  } finally {
    reading = false;
    if (again) { again = false; refresh(); }
  }
}

// `/` goes to the filter; `j` and `k` go down and up the rows; `g` then a letter goes to a page.
let prefix = false;
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, textarea, select')) return;
  const links = rows().filter((row) => !row.hidden).map((row) => row.querySelector('a'));
  const at = links.indexOf(document.activeElement);
  const pages = { l: '/', s: '/services', p: '/picture', t: '/traffic', y: '/try', w: '/switches' };
  if (prefix && pages[event.key]) location.href = pages[event.key];
  prefix = event.key === 'g';
  if (event.key === '/') { event.preventDefault(); document.getElementById('filter')?.focus(); }
  if (event.key === 'j') links[Math.min(at + 1, links.length - 1)]?.focus();
  if (event.key === 'k') links[Math.max(at - 1, 0)]?.focus();
});

ready();
listen();
addEventListener('pagehide', () => source?.close());
addEventListener('pageshow', (event) => { if (event.persisted) { listen(); refresh(); } });
