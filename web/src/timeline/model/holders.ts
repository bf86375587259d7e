// Who holds a root at a position, as the card beside its life says it: who, why, since when. Pure.
import type { Ledger } from '../../api/schema.js';
import { count } from '../../ui/format.js';

const MOST_ROWS = 6;

export interface HolderRow {
  readonly key: string;
  readonly who: string;
  readonly why: string;
  readonly since: string;
}

export interface Holders {
  readonly head: string;
  readonly rows: readonly HolderRow[];
}

export function holdersOf(ledger: Ledger): Holders {
  const { refcount, role, references, balance, state } = ledger;
  const held = references.filter((one) => one.state !== 'givenBack');
  const unknown = refcount < 0;
  const counted = unknown ? 'refcount ? (not in the recording)' : `refcount ${count(refcount)}`;
  const books = !unknown && balance !== refcount ? `, the books say ${count(balance)}` : '';
  const rows = held.slice(0, MOST_ROWS).map(({ number, owner, why, state: of, taken, moves }) => ({
    key: String(number),
    who: owner,
    why: `${why}${of === 'leaked' ? ', leaked' : ''}`,
    since: sinceText(taken, moves.at(-1)?.at ?? null),
  }));
  const more = held.length - rows.length;
  if (more > 0) rows.push({ key: 'more', who: `and ${count(more)} more`, why: '', since: '' });
  if (held.length === 0 && state !== 'freed')
    rows.push({ key: 'none', who: 'nobody holds it', why: unknown ? 'as far as is known' : '', since: '' });
  return { head: `${counted}${books} · ${role}${state === 'freed' ? ' · freed' : ''}`, rows };
}

type Place = NonNullable<Ledger['references'][number]['taken']>;

function sinceText(taken: Place | null, moved: Place | null): string {
  const guess = taken?.label?.startsWith('inferred') === true ? '≈ ' : '';
  const since =
    taken === null
      ? 'since before what is known'
      : `${guess}since ${count(taken.position)}${taken.function === null ? '' : `, ${taken.function}`}`;
  return moved === null ? since : `${since}, so since ${count(moved.position)}`;
}
