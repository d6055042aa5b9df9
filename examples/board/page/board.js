// The page keeps a copy of the board and draws it. The server sends the columns that look different after each
// change, so the copy is replaced piece by piece and never computed: totals are the engine's own.

const $ = (id) => document.getElementById(id);
const board = { columns: [], sequence: 0 };
const sections = new Map(); // column id → its element
const items = new Map(); // deal id → its card
const moved = new Map(); // deal id → the commit of our own last move, which the board may not show yet
let users = new Map();
let open = null; // the record in the panel: { object, id }
let dragged = null;

// ── Helpers ────────────────────────────────────────────────────────────────────────────────────────────────

// Text only ever becomes text: what people typed is never read as HTML.
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child != null));
  return element;
}

async function api(method, path, body) {
  const headers = { 'content-type': 'application/json', 'x-user': $('user').value };
  const response = await fetch(`/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.message), answer);
  return answer;
}

// Says something, also to those who hear the page instead of seeing it.
function say(text, bad = false) {
  $('said').textContent = text;
  $('said').className = bad ? 'on bad' : 'on';
  clearTimeout(say.timer);
  say.timer = setTimeout(() => ($('said').className = ''), 5000);
}

function complain(error) {
  if (error.code !== 'stale') return say(error.message, true);
  const who = [...new Set(error.fields.map(({ by }) => users.get(by) ?? by))].join(', ');
  say(`${who} was faster: ${error.fields.map(({ field }) => field).join(', ')} changed meanwhile. Look again.`, true);
}

const currencies = new Map();
function money({ amount, currency }) {
  if (!currencies.has(currency)) {
    const style = { style: 'currency', currency, maximumFractionDigits: 0 };
    currencies.set(currency, new Intl.NumberFormat('en', style));
  }
  return currencies.get(currency).format(amount);
}

const when = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const initials = (name) => name.split(/\s+/).map((word) => word[0]).join('').slice(0, 2);

// Runs a job, and once more if it was asked for meanwhile: however many events come, one request is on its way.
function gathered(job) {
  let running = false, again = false;
  return async function run() {
    if (running) return void (again = true);
    running = true;
    try { await job(); } catch (error) { complain(error); }
    running = false;
    if (again) { again = false; run(); }
  };
}

// ── The board ──────────────────────────────────────────────────────────────────────────────────────────────

let drawing = 0;
const draw = () => (drawing ||= requestAnimationFrame(drawNow));

function drawNow() {
  drawing = 0;
  const focused = document.activeElement;
  for (const column of board.columns) {
    const section = sections.get(column.id) ?? makeSection(column);
    const [first, ...others] = [...column.amount].sort((a, b) => b.amount - a.amount);
    set(section.querySelector('.name'), column.name);
    set(section.querySelector('.count'), String(column.count));
    set(section.querySelector('.sum'), first ? money(first) : '–', true);
    set(section.querySelector('.others'), others.map(money).join(' · '));
    set(section.querySelector('.more'), column.count > column.cards.length ? `and ${column.count - column.cards.length} more` : '');
    // Cards that are in their place stay untouched, so that focus, scroll and a drag survive.
    const list = section.querySelector('.cards');
    let next = list.firstElementChild;
    for (const card of column.cards) {
      const item = items.get(card.id) ?? makeCard(card.id);
      fill(item, card);
      if (item === next) next = next.nextElementSibling;
      else list.insertBefore(item, next);
    }
    while (next) {
      const gone = next;
      next = next.nextElementSibling;
      gone.remove();
    }
  }
  for (const [id, item] of items) if (!item.isConnected) items.delete(id);
  if (focused !== document.activeElement && focused.isConnected) focused.focus();
}

function set(element, text, flash = false) {
  if (element.textContent === text) return;
  if (flash && element.textContent) flashNow(element);
  element.textContent = text;
}

function flashNow(element) {
  element.classList.remove('changed');
  requestAnimationFrame(() => element.classList.add('changed'));
}

function makeSection(column) {
  const list = make('ul', { className: 'cards' });
  const head = make('header', {},
    make('h2', {}, make('span', { className: 'name' }), make('span', { className: 'count' })),
    make('div', { className: 'sum' }), make('div', { className: 'others' }));
  const section = make('section', { className: column.kind, id: `column-${column.id}` }, head, list, make('div', { className: 'more' }));
  list.setAttribute('aria-label', column.name);
  section.addEventListener('dragover', (event) => {
    if (!dragged) return;
    event.preventDefault();
    unmark();
    list.classList.add('over');
    above(list, event.clientY)?.classList.add('below');
  });
  section.addEventListener('drop', (event) => {
    event.preventDefault();
    if (dragged) move(dragged, column.id, above(list, event.clientY)?.id ?? null);
  });
  sections.set(column.id, section);
  $('board').append(section);
  return section;
}

// The card behind which one would fall that is dropped at a height.
function above(list, y) {
  const others = [...list.children].filter((item) => item.id !== dragged);
  return others.findLast((item) => {
    const box = item.getBoundingClientRect();
    return y > box.top + box.height / 2;
  });
}

const unmark = () => document.querySelectorAll('.over, .below').forEach((marked) => marked.classList.remove('over', 'below'));

function makeCard(id) {
  const item = make('li', { className: 'card', id, tabIndex: 0, draggable: true });
  item.setAttribute('aria-keyshortcuts', 'Shift+ArrowLeft Shift+ArrowRight Shift+ArrowUp Shift+ArrowDown Enter');
  item.addEventListener('dragstart', (event) => {
    dragged = id;
    event.dataTransfer.setData('text/plain', id);
    event.dataTransfer.effectAllowed = 'move';
    item.classList.add('dragged');
  });
  item.addEventListener('dragend', () => {
    dragged = null;
    item.classList.remove('dragged');
    unmark();
  });
  item.addEventListener('click', () => show({ object: 'deal', id }));
  item.addEventListener('keydown', (event) => key(event, id));
  items.set(id, item);
  return item;
}

function fill(item, card) {
  const text = JSON.stringify(card);
  if (item.shown === text) return;
  if (item.shown) flashNow(item);
  item.shown = text;
  item.replaceChildren(
    make('strong', { textContent: card.name }),
    make('span', { textContent: card.company ?? '' }),
    make('span', {}, make('b', { textContent: card.amount ? money(card.amount) : '–' }), card.close_date,
      card.owner && make('abbr', { title: card.owner, textContent: initials(card.owner) })));
}

// Where a card is: its column's index, its own index there.
function find(id) {
  for (const [c, { cards }] of board.columns.entries()) {
    const at = cards.findIndex((card) => card.id === id);
    if (at >= 0) return [c, at];
  }
  return [-1, -1];
}

// One move after the other: each tells the server the last commit that this window knows of the card.
let sending = Promise.resolve();

function move(id, stage, behind) {
  const seen = board.sequence;
  const { cards, name } = board.columns.find((column) => column.id === stage);
  // The card is there at once; the totals follow when the server has said so.
  const [c, at] = find(id);
  if (c >= 0) {
    const [card] = board.columns[c].cards.splice(at, 1);
    cards.splice(cards.findIndex((other) => other.id === behind) + 1, 0, card);
    draw();
  }
  sending = sending.then(async () => {
    try {
      const known = Math.max(seen, moved.get(id) ?? 0);
      const answer = await api('POST', `deals/${id}/move`, { stage, behind, seen: known });
      moved.set(id, answer.sequence);
      say(`Moved to ${name}`);
    } catch (error) {
      complain(error);
      await load();
    }
  });
}

function key(event, id) {
  const [c, at] = find(id);
  if (c < 0) return;
  const { cards } = board.columns[c];
  const beside = { ArrowLeft: board.columns[c - 1], ArrowRight: board.columns[c + 1] }[event.key];
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.key === 'Enter') show({ object: 'deal', id });
  else if (event.shiftKey && beside) move(id, beside.id, beside.cards[Math.min(at, beside.cards.length) - 1]?.id ?? null);
  else if (event.shiftKey && step && cards[at + step]) move(id, board.columns[c].id, cards[step < 0 ? at - 2 : at + 1]?.id ?? null);
  else if (beside) items.get(beside.cards[Math.min(at, beside.cards.length - 1)]?.id)?.focus();
  else if (step) items.get(cards[at + step]?.id)?.focus();
  else return;
  event.preventDefault();
}

// ── What comes in ──────────────────────────────────────────────────────────────────────────────────────────

const load = gathered(async () => {
  const fresh = await api('GET', 'board');
  $('pipeline').textContent = fresh.pipeline;
  $('organisation').textContent = fresh.organisation ?? '';
  document.title = `${fresh.pipeline} board`;
  Object.assign(board, fresh);
  draw();
});

function listen() {
  const events = new EventSource(`/api/events?after=${board.sequence}`);
  const live = (on) => {
    $('live').textContent = on ? 'live' : 'not live';
    $('live').classList.toggle('on', on);
  };
  events.onopen = () => live(true);
  events.onmessage = ({ data }) => take(JSON.parse(data));
  events.onerror = () => {
    live(false);
    // The browser tries again by itself, unless the server has refused it.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => load().then(listen), 3000);
  };
}

function take({ sequence, changes, columns }) {
  board.sequence = Math.max(board.sequence, sequence);
  for (const column of columns) {
    const at = board.columns.findIndex(({ id }) => id === column.id);
    if (at >= 0) board.columns[at] = column;
    else load();
  }
  draw();
  const others = changes.filter(({ by, object }) => object === 'deal' && by && by !== users.get($('user').value));
  if (others.length) say(others.length === 1 ? `${others[0].by} changed a deal` : `${others.length} changes by others`);
  if (changes.some(({ object }) => object === 'reminder')) loadDue();
  // Deals, people and what is done with them may stand on the timeline of the record that is open.
  if (open) loadPanel();
}

// ── The panel ──────────────────────────────────────────────────────────────────────────────────────────────

let opener = null;
let was = null; // the deal as its form showed it
let edited = false; // what somebody is typing stays, whatever comes in

$('deal-form').addEventListener('input', () => (edited = true));

function show(record) {
  opener = document.activeElement;
  edited = false;
  open = record;
  loadPanel().then(() => $('panel-title').focus());
}

function hide() {
  open = null;
  $('panel').hidden = true;
  opener?.focus();
}

const path = (record) => `records/${record.object}/${record.id}`;
const linked = (link, text) => (['deal', 'company', 'contact'].includes(link?.object)
  ? make('button', { type: 'button', textContent: text, onclick: () => show(link) }) : text);

const loadPanel = gathered(async () => {
  const of = open;
  const { title, record, facts, timeline, reminders, sequence } = await api('GET', path(of));
  if (open !== of) return;
  $('panel').hidden = false;
  $('panel-title').textContent = title;
  $('deal-form').hidden = of.object !== 'deal';
  $('facts').replaceChildren(...facts.flatMap(({ label, text, link }) => [make('dt', { textContent: label }), make('dd', {}, linked(link, text))]));
  $('reminders').replaceChildren(...reminders.map((reminder) => make('li', {}, `${reminder.text} `, make('small', { textContent: when.format(new Date(reminder.at)) }))));
  $('timeline').replaceChildren(...timeline.map(({ at, kind, subject, text, by, on }) => make('li', {},
    make('small', { textContent: [when.format(new Date(at)), kind, by, on !== title && on].filter(Boolean).join(' · ') }),
    subject && make('p', {}, make('strong', { textContent: subject })), text && make('p', { textContent: text }))));
  if (of.object === 'deal' && !edited) {
    const amount = record.amount ? `${record.amount.amount} ${record.amount.currency}` : '';
    was = { seen: sequence, amount, stage: record.stage.id };
    $('stage').replaceChildren(...board.columns.map(({ id, name }) => make('option', { value: id, textContent: name })));
    $('stage').value = was.stage;
    $('amount').value = amount;
  }
});

function onSubmit(form, job) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try { await job(path(open)); form.reset(); } catch (error) { complain(error); }
    edited = false;
    suggest();
    loadPanel();
  });
}

onSubmit($('deal-form'), async (record) => {
  const [amount, stage] = [$('amount').value, $('stage').value];
  if (amount !== was.amount) await api('PATCH', record, { fields: { amount: amount || null }, seen: was.seen });
  if (stage !== was.stage) move(open.id, stage, null);
  await sending;
});
onSubmit($('note-form'), (record) => api('POST', `${record}/notes`, { body: $('note').value }));
onSubmit($('reminder-form'), (record) =>
  api('POST', `${record}/reminders`, { text: $('reminder').value, at: new Date($('reminder-at').value).toISOString() }));

// Tomorrow at nine.
function suggest() {
  const at = new Date();
  at.setDate(at.getDate() + 1);
  at.setHours(9, 0, 0, 0);
  at.setMinutes(-at.getTimezoneOffset());
  $('reminder-at').value = at.toISOString().slice(0, 16);
}

// ── The head of the page ───────────────────────────────────────────────────────────────────────────────────

const loadDue = gathered(async () => {
  const due = await api('GET', 'reminders');
  $('due-count').textContent = due.length;
  const done = (id) => api('POST', `reminders/${id}/done`).then(loadDue, complain);
  $('due').replaceChildren(...due.map(({ id, text, about, link }) => make('li', {},
    make('button', { type: 'button', onclick: () => link && show(link) }, text, ' ', make('small', { textContent: about ?? '' })),
    make('button', { type: 'button', textContent: 'Done', onclick: () => done(id) }))));
});

const search = gathered(async () => {
  const text = $('search').value.trim();
  const hits = text ? await api('GET', `search?q=${encodeURIComponent(text)}`) : [];
  $('hits').replaceChildren(...hits.map(({ title, link }) => make('li', {}, make('button', {
    type: 'button',
    onclick: () => { $('hits').hidden = true; show(link); },
  }, title, ' ', make('small', { textContent: link.object })))));
  if (text && !hits.length) $('hits').append(make('li', { textContent: 'Nothing found' }));
  $('hits').hidden = !text;
});

$('search').addEventListener('input', search);
$('search').addEventListener('keydown', ({ key }) => key === 'ArrowDown' && $('hits').querySelector('button')?.focus());
$('bell').addEventListener('click', () => {
  $('due').hidden = !$('due').hidden;
  $('bell').setAttribute('aria-expanded', String(!$('due').hidden));
});
$('close').addEventListener('click', hide);
$('user').addEventListener('change', () => localStorage.setItem('user', $('user').value));
document.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return;
  if (!$('hits').hidden) $('hits').hidden = true;
  else if (!$('due').hidden) $('bell').click();
  else if (open) hide();
});

const people = await api('GET', 'users');
users = new Map(people.map(({ id, name }) => [id, name]));
$('user').replaceChildren(...people.map(({ id, name }) => make('option', { value: id, textContent: name })));
if (users.has(localStorage.getItem('user'))) $('user').value = localStorage.getItem('user');
suggest();
await load();
await loadDue();
listen();
