// The card beside what is pointed at: what it is, when, and of a root's life its count, role and who holds it there, since when and
// why. Who holds a root is asked of its ledger: so the card says the same at every zoom.
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Ledger } from '../api/schema.js';
import { count, time } from '../ui/format.js';
import { holdersOf } from './model/holders.js';
import type { Item } from './model/primitives.js';

/** Events of the root that are read for one card: what is older is looked up by itself. */
const LEDGER_EVENTS = 500;
const CARD_PX = 340;
const FLIP_PX = 140;

export interface Hovered {
  readonly item: Item;
  readonly x: number;
  readonly y: number;
  /** Position under the pointer. */
  readonly at: number;
}

export function HoverCard({
  session,
  hovered: { item, x, y, at },
  size,
  timeOf,
  lanes,
}: {
  readonly session: string;
  readonly hovered: Hovered;
  readonly size: { readonly width: number; readonly height: number };
  readonly timeOf: (position: number) => number | null;
  readonly lanes: readonly { readonly id: string; readonly name: string }[];
}) {
  const { root } = item;
  const here = root === undefined ? item.from : Math.max(1, item.from, Math.min(item.to - 1, at));
  const ns = timeOf(here);
  const left = Math.min(x + 12, Math.max(0, size.width - CARD_PX));
  const style =
    y > size.height - FLIP_PX ? { left, bottom: size.height - y + 10 } : { left, top: Math.max(0, y + 14) };
  const range = `${count(item.from)}${item.to - item.from > 1 ? ` to ${count(item.to - 1)}` : ''}`;
  const where = [
    lanes.find(({ id }) => id === item.lane)?.name ?? '',
    root === undefined ? range : `at ${count(here)} of ${range}`,
    ns === null ? '' : time(ns),
  ].filter((part) => part !== '');
  return (
    <div className="hover-card" style={style} role="tooltip">
      <b>{item.name}</b>
      <div className="t2">{where.join(' · ')}</div>
      {item.detail !== '' && (root === undefined || item.detail.includes('inferred')) && (
        <div className="t3">{item.detail}</div>
      )}
      {root !== undefined && <Holders session={session} root={root.number} vm={root.vm} at={here} />}
    </div>
  );
}

function Holders({
  session,
  root,
  vm,
  at,
}: {
  readonly session: string;
  readonly root: number;
  readonly vm: number;
  readonly at: number;
}) {
  const { data, error } = useResource<Ledger>(`${session} ${root} ${at}`, (signal) =>
    ask<'TdpMmus_ledger'>('GET', `/sessions/${session}/tdp-mmus/${vm}/roots/${root}/ledger`, {
      query: { at, limit: 0, events: LEDGER_EVENTS },
      signal,
    }),
  );
  if (error !== null) return <div className="t3">who holds it is not known: {error.message}</div>;
  // While the pointer moves along one root, what was said last stays until the next is known.
  if (data === undefined || data.root !== root) return <div className="t3">who holds it: …</div>;
  const { head, rows } = holdersOf(data);
  return (
    <>
      <div>
        {head}
        {data.at === at ? '' : ' …'}
      </div>
      {rows.length > 0 && (
        <ul className="holders">
          {rows.map(({ key, who, why, since }) => (
            <li key={key}>
              <b className="m">{who}</b> <span className="t2">{why}</span>
              {since !== '' && <div className="t3">{since}</div>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
