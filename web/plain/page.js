// The plain page: sessions and the founding experiment, asked for once a second. Only cells whose text changed are
// touched, so that nothing flickers and no focus is lost. No library, no build step, no request to anywhere else.

const POLL_MS = 1_000;
const POLICIES = {
  none: ['nothing', 'as the kernel is'],
  'every-exit': ['every exit', 'EPT violations too'],
  'except-ept': ['all but EPT violations', 'debug-register exits still reset'],
  'except-ept-dr': ['all but EPT and DR', 'boots, but slowly'],
};
const PROTOCOLS = ['v5.18', 'seed-draft'];
const STATE_SIGNS = {
  queued: '○',
  running: '●',
  paused: '‖',
  waiting: '◇',
  interrupted: '▲',
  finished: '✓',
  failed: '✕',
  cancelled: '–',
};
const SEALED = ['finished', 'failed', 'cancelled'];

const byId = (id) => document.getElementById(id);
const grouped = (n) => n.toLocaleString('en-US');

// ---- asking

let token = sessionStorage.getItem('token') ?? '';

async function ask(path) {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`/api/v1${path}`, { headers });
  byId('login').hidden = answer.status !== 401;
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail ?? `the server answered ${answer.status}`);
  }
  return await answer.json();
}

byId('login').addEventListener('submit', (event) => {
  event.preventDefault();
  token = byId('token').value.trim();
  sessionStorage.setItem('token', token);
  void refresh();
});

// ---- tables: rows by key, cells as lists of [text, class]

function cell(row, index, tag) {
  while (row.cells.length <= index) row.append(document.createElement(tag));
  return row.cells[index];
}

/** @param content a list of { text, className, href } */
function fill(element, content, className) {
  const key = JSON.stringify([content, className]);
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.className = className;
  element.replaceChildren(
    ...content.map((part) => {
      const child = document.createElement(part.href === undefined ? 'span' : 'a');
      if (part.href !== undefined) child.href = part.href;
      child.className = part.className ?? '';
      child.textContent = part.text;
      return child;
    }),
  );
}

function fillTable(table, rows) {
  const body = table.tBodies[0];
  const old = new Map([...body.rows].map((row) => [row.dataset.row, row]));
  rows.forEach(({ key, cells }, i) => {
    const row = old.get(key) ?? document.createElement('tr');
    row.dataset.row = key;
    old.delete(key);
    if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null);
    cells.forEach(({ content, className = '', header = false, span = 1 }, k) => {
      const element = cell(row, k, header ? 'th' : 'td');
      if (header) element.scope = 'row';
      element.colSpan = span;
      fill(element, content, className);
    });
    while (row.cells.length > cells.length) row.lastElementChild.remove();
  });
  for (const row of old.values()) row.remove();
}

// ---- the experiment

const agrees = (ours, mail) => mail === null || Math.abs(ours - mail) <= mail * 0.05;

function figureCell(ours, mail, digits, edge) {
  const className = edge ? 'n edge' : 'n';
  const said = mail === null ? 'no figure' : `mail ${grouped(mail)}`;
  const tick = ours !== null && mail !== null && agrees(ours, mail) ? ' ✓' : '';
  const text =
    ours === null
      ? '…'
      : ours.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return {
    className,
    content: [
      { text, className: 'ours' },
      { text: `${said}${tick}`, className: `mail ${tick === '' ? '' : 'good'}` },
    ],
  };
}

function hangCells(session, mail) {
  const where = session.stuckAt === null ? '' : `${session.stuckAt.phase}, ${session.stuckAt.exit} exits · `;
  const tick = mail.outcome === 'no_forward_progress' ? ' ✓' : '';
  return [
    {
      className: 'edge',
      span: 2,
      content: [
        { text: '✕ no progress', className: 'ours bad' },
        { text: `${where}mail: ${mail.words}${tick}`, className: `mail ${tick === '' ? '' : 'good'}` },
      ],
    },
    figureCell(session.rootAllocations, null, 0, false),
  ];
}

function experimentCells(row) {
  if (row === undefined || row.session === null) {
    const empty = {
      content: [
        { text: '—', className: 'ours quiet' },
        { text: row?.mail.words ?? '', className: 'mail' },
      ],
    };
    return [
      { ...empty, className: 'n edge' },
      { content: [], className: 'n' },
      { content: [], className: 'n' },
    ];
  }
  const { session, mail } = row;
  if (session.outcome === 'no_forward_progress') return hangCells(session, mail);
  return [
    figureCell(session.pid1Seconds, mail.pid1Seconds, 2, true),
    figureCell(session.consoleSeconds, mail.consoleSeconds, 2, false),
    figureCell(session.rootAllocations, mail.rootAllocations, 0, false),
  ];
}

function showExperiment({ rows, document: result }) {
  const find = (protocol, policy) => rows.find((r) => r.protocol === protocol && r.resetPolicy === policy);
  fillTable(
    byId('experiment'),
    Object.entries(POLICIES).map(([policy, [title, note]]) => ({
      key: policy,
      cells: [
        { header: true, content: [{ text: title }, { text: note, className: 'quiet' }] },
        ...PROTOCOLS.flatMap((protocol) => experimentCells(find(protocol, policy))),
      ],
    })),
  );
  const begun = rows.filter((r) => r.session !== null);
  const ended = begun.filter((r) => SEALED.includes(r.session.state));
  let text = `${ended.length} of ${rows.length} boots ended`;
  if (begun.length === 0) text = 'not run here yet: npx rootline experiment forced-reset';
  if (result !== null)
    text = result.asExpected ? '✓ every row is as the mail says' : '▲ some rows differ from the mail';
  fill(
    byId('experiment-state'),
    [{ text, className: result === null ? '' : result.asExpected ? 'good' : 'warn' }],
    '',
  );
}

// ---- the sessions

function milestones(session) {
  const names = Object.entries(session.milestones).sort((a, b) => a[1] - b[1]);
  const last = names.slice(-2).map(([name, ns]) => `${name} ${(ns / 1e9).toFixed(2)} s`);
  return last.join(', ');
}

function sessionRow(s) {
  const bad = s.outcome === 'no_forward_progress' || s.state === 'failed';
  const state = s.outcome === null || s.outcome === 'completed' ? s.state : s.outcome.replaceAll('_', ' ');
  const sign = bad ? '✕' : STATE_SIGNS[s.state];
  const number = (n) => ({ className: 'n', content: [{ text: grouped(n) }] });
  return {
    key: s.id,
    cells: [
      { className: 'n', content: [{ text: s.id, href: `/api/v1/sessions/${s.id}` }] },
      { content: [{ text: s.name ?? s.scenario }] },
      { content: [{ text: s.protocol, className: 'mono' }] },
      {
        content: [{ text: `${sign} ${state}`, className: bad ? 'bad' : s.state === 'running' ? 'good' : '' }],
      },
      { content: [{ text: milestones(s) || '—', className: 'quiet' }] },
      number(s.rootAllocations),
      {
        className: 'n',
        content: [
          {
            text: s.findings === 0 ? 'none' : `✕ ${grouped(s.findings)}`,
            className: s.findings === 0 ? 'quiet' : 'bad',
          },
        ],
      },
      { className: 'n', content: [{ text: `${(s.timeNs / 1e9).toFixed(3)} s` }] },
      number(s.events),
      number(s.stored),
      { content: [{ text: s.digest ?? '', className: 'mono quiet' }] },
    ],
  };
}

function showSessions({ sessions, nextCursor }) {
  fillTable(byId('sessions'), sessions.map(sessionRow));
  const running = sessions.filter((s) => s.state === 'running').length;
  const events = sessions.reduce((sum, s) => sum + s.events, 0);
  byId('totals').textContent =
    `${grouped(sessions.length)} sessions · ${running} running · ${grouped(events)} events`;
  const more = nextCursor === null ? '' : 'the newest 100; all of them: /api/v1/sessions';
  byId('sessions-note').textContent =
    sessions.length === 0 ? 'none yet: npx rootline run smi --protocol v5.18' : more;
}

// ---- once a second, and never twice at once

function connection(text, className) {
  const line = byId('connection');
  if (line.textContent === text) return;
  line.textContent = text;
  line.className = className;
}

let asking = false;
async function refresh() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    const [sessions, experiment] = await Promise.all([
      ask('/sessions?limit=100'),
      ask('/experiments/forced-reset'),
    ]);
    showSessions(sessions);
    showExperiment(experiment);
    connection('● connected', 'good');
  } catch (error) {
    connection(`○ offline: ${error.message}`, 'warn');
  } finally {
    asking = false;
  }
}

document.addEventListener('visibilitychange', () => void refresh());
setInterval(() => void refresh(), POLL_MS);
void refresh();
