// What a comparison comes to, as its largest figures: roots, milestones (or faults and time), and where the time went. Where
// the sessions are rows of the founding experiment, the mail's figures stand below ours.
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Comparison, Experiment } from '../api/schema.js';
import { count, time } from '../ui/format.js';
import { type Cell, cellText, metric, reached, timesText } from './model/figures.js';

type Mail = Experiment['rows'][number]['mail'];
/** The mail's figures are rounded. */
const AGREES = 0.05;
const ACCOUNTS = [
  ['guest time', 'guest', 'guest'],
  ['host time', 'host kernel', 'host'],
  ['outer time', 'outer hypervisor', 'outer'],
] as const;

interface Card {
  readonly title: string;
  readonly values: readonly Cell[];
  readonly unit: string;
  readonly mail: readonly (number | null)[] | null;
}

export function KeyFigures({ comparison }: { readonly comparison: Comparison }) {
  const mail = useMail(comparison);
  const cards = cardsOf(comparison, mail);
  return (
    <section className="figures-row" aria-label="Key figures">
      {cards.map((card) => (
        <div key={card.title} className="figure-card">
          <h2>{card.title}</h2>
          <p className="big">
            {card.values.map((value, i) => (
              <span key={i}>
                {i > 0 && <span className="t3"> → </span>}
                <b className={`side-ink-${i}`}>{shortText(value, card.unit)}</b>
              </span>
            ))}
            {card.values.length === 2 && (
              <span className="ratio">
                {timesText(card.values[0], card.values[1]) || (card.values[0] === null ? '' : 'the same')}
              </span>
            )}
          </p>
          <MailLine card={card} />
        </div>
      ))}
      <Accounts comparison={comparison} />
    </section>
  );
}

/** Three digits and a unit: what is read from afar. */
function shortText(value: Cell, unit: string): string {
  if (unit !== 'ns' || typeof value !== 'number') return cellText(value, unit);
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} s`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} ms`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(2)} µs` : `${value} ns`;
}

function cardsOf(comparison: Comparison, mail: readonly (Mail | null)[]): Card[] {
  const told = (pick: (mail: Mail) => number | null) => {
    const figures = mail.map((one) => (one === null ? null : pick(one)));
    return figures.some((figure) => figure !== null) ? figures : null;
  };
  const named = (title: string, name: string): Card[] => {
    const row = metric(comparison, name);
    return row === null ? [] : [{ title, values: row.values, unit: row.unit, mail: null }];
  };
  const cards: Card[] = named('Root allocations', 'root allocations').map((card) => ({
    ...card,
    mail: told(({ rootAllocations }) => rootAllocations),
  }));
  for (const [milestone, title] of [
    ['pid1', 'PID 1 reached'],
    ['console', 'Console reached'],
  ] as const) {
    const values = reached(comparison, milestone);
    if (values.every((value) => value === null)) continue;
    const seconds = told((one) => (milestone === 'pid1' ? one.pid1Seconds : one.consoleSeconds));
    const mailNs = seconds?.map((s) => (s === null ? null : s * 1e9)) ?? null;
    cards.push({ title, values, unit: 'ns', mail: mailNs });
  }
  if (cards.length < 3) cards.push(...named('EPT violations', 'EPT violations'));
  if (cards.length < 3) cards.push(...named('Virtual time', 'virtual time'));
  return cards.slice(0, 3);
}

function MailLine({ card: { mail, values, unit } }: { readonly card: Card }) {
  if (mail === null) return <p className="t3">&nbsp;</p>;
  const off = Math.max(
    0,
    ...mail.map((figure, i) => {
      const ours = values[i];
      return figure === null || typeof ours !== 'number' ? 0 : Math.abs(ours - figure) / figure;
    }),
  );
  const text = (figure: number | null) =>
    figure === null ? '—' : unit === 'ns' ? `${figure / 1e9} s` : count(figure);
  return (
    <p className="t3">
      mail: {mail.map(text).join(' → ')}{' '}
      {off <= AGREES ? (
        <span className="good">✓ within 5 %</span>
      ) : (
        <span className="warn">▲ off by {(off * 100).toFixed(1)} %</span>
      )}
    </p>
  );
}

/** By session; null: it is no row of the experiment. */
function useMail({ sessions }: Comparison): readonly (Mail | null)[] {
  const boots = sessions.every(({ scenario }) => scenario === 'boot');
  const { data } = useResource(boots ? 'experiment' : null, (signal) =>
    ask<'Experiments_forcedReset'>('GET', '/experiments/forced-reset', { signal }),
  );
  return sessions.map(({ id }) => data?.rows.find((row) => row.session?.id === id)?.mail ?? null);
}

function Accounts({ comparison }: { readonly comparison: Comparison }) {
  const shares = ACCOUNTS.map(([name, word, key]) => ({ word, key, row: metric(comparison, name) }));
  const sum = (i: number): number =>
    shares.reduce((total, { row }) => total + (typeof row?.values[i] === 'number' ? row.values[i] : 0), 0);
  const sums = comparison.sessions.map((_, i) => sum(i));
  const most = Math.max(1, ...sums);
  return (
    <div className="figure-card accounts">
      <h2>Where the time went</h2>
      {comparison.sessions.slice(0, 4).map(({ id }, i) => (
        <div key={id} className="account-row">
          <span className={`side-ink-${i}`}>{String.fromCharCode(65 + i)}</span>
          <span className="account-bar">
            {shares.map(({ word, key, row }) => {
              const ns = row?.values[i];
              if (typeof ns !== 'number' || ns === 0) return null;
              return (
                <span
                  key={key}
                  className={`account ${key}`}
                  style={{ width: `${(ns / most) * 100}%` }}
                  title={`${word} ${time(ns)}`}
                />
              );
            })}
          </span>
          <span className="n t2">{sums[i] === 0 ? 'not known' : shortText(sums[i], 'ns')}</span>
        </div>
      ))}
      {comparison.sessions.length === 2 && (
        <p className="t3 account-key">
          <span className="account guest" /> guest <span className="account host" /> host kernel{' '}
          <span className="account outer" /> outer
        </p>
      )}
    </div>
  );
}
