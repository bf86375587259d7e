// What the second protocol changes of the first: functions with the labels that go and come, rules in words, constants.
import { ask, Refused } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { ProtocolDiff } from '../api/schema.js';
import { setQuery } from '../app/router.js';
import { plural } from '../ui/format.js';
import { ErrorState, Loading } from '../ui/states.js';
import { type Step, stepDiff } from './model/step-diff.js';

export function ProtocolDiffPane({
  from,
  to,
  open,
}: {
  readonly from: string;
  readonly to: string;
  /** Functions that are open, as the address has them. */
  readonly open: string | null;
}) {
  const same = from === to;
  const { data, error, reload } = useResource(same ? null : `${from} ${to}`, (signal) =>
    ask<'Protocols_diff'>('GET', `/protocols/${encodeURIComponent(from)}/diff/${encodeURIComponent(to)}`, {
      signal,
    }),
  );
  const shown = same ? undefined : data;
  return (
    <section className="pane protocol-diff" aria-label="Protocol diff">
      <div className="ph">
        <h2>Protocol diff</h2>
        <span className="m t2 cut">{same ? from : `${from} → ${to}`}</span>
        <span className="sp" />
        {shown !== undefined && (
          <span className="t3">
            {plural(shown.functions.length, 'function')}, {plural(shown.rules.length, 'rule')}
          </span>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Functions and rules">
        {same && <p className="note t2">Both sessions ran under {from}: the protocols do not differ.</p>}
        {!same && data === undefined && error === null && <Loading what="the protocols" />}
        {!same && data === undefined && error !== null && <ErrorState error={error} retry={reload} />}
        {shown !== undefined && <Diff diff={shown} opened={open} />}
      </div>
    </section>
  );
}

/** Functions that are open where nobody has said anything. */
const OPENED = 4;
const NONE_OPEN = 'none';

function Diff({
  diff: { from, to, functions, rules, constants },
  opened,
}: {
  readonly diff: ProtocolDiff;
  readonly opened: string | null;
}) {
  const usual = functions.slice(0, OPENED).map((change) => change.function);
  const now = new Set(opened === null ? usual : opened.split(','));
  const setOpen = (name: string, open: boolean) => {
    if (open === now.has(name)) return;
    if (open) now.add(name);
    else now.delete(name);
    const text = functions.flatMap((change) => (now.has(change.function) ? [change.function] : [])).join(',');
    setQuery({ open: text === usual.join(',') ? null : text || NONE_OPEN });
  };
  return (
    <>
      {functions.map((change) => (
        <FunctionDiff
          key={change.function}
          from={from.id}
          to={to.id}
          change={change}
          open={now.has(change.function)}
          setOpen={setOpen}
        />
      ))}
      {rules.map(({ rule, before, after }) => (
        <div key={rule} className="diff-part">
          <h3>Rule: {rule}</h3>
          <p className="line del">− {before}</p>
          <p className="line add">+ {after}</p>
        </div>
      ))}
      {constants.map(({ name, before, after }) => (
        <div key={name} className="diff-part">
          <h3>
            Constant <span className="m">{name}</span>
          </h3>
          <p className="line del">− {before ?? 'none'}</p>
          <p className="line add">+ {after ?? 'none'}</p>
        </div>
      ))}
    </>
  );
}

function FunctionDiff({
  from,
  to,
  change,
  open,
  setOpen,
}: {
  readonly from: string;
  readonly to: string;
  readonly change: ProtocolDiff['functions'][number];
  readonly open: boolean;
  readonly setOpen: (name: string, open: boolean) => void;
}) {
  const { function: name, file, before, after, labelsBefore, labelsAfter } = change;
  const { data } = useResource(open ? `${from} ${to} ${name}` : null, async (signal) => {
    const [was, is] = await Promise.all([
      before === null ? [] : stepsOf(from, name, labelsBefore, signal),
      after === null ? [] : stepsOf(to, name, labelsAfter, signal),
    ]);
    return stepDiff(was, is);
  });
  return (
    <details className="diff-part" open={open} onToggle={(event) => setOpen(name, event.currentTarget.open)}>
      <summary title={file}>
        <span className="m">{name}</span>
        <span className="t3">
          {' '}
          {before ?? 'not there'} → {after ?? 'gone'}
        </span>
      </summary>
      {data?.map(({ sign, label, asks }, i) => (
        <p key={i} className={sign === '+' ? 'm line add' : 'm line del'} title={`${label}: ${asks}`}>
          {sign} {label} <span className="t2">{asks}</span>
        </p>
      ))}
      {data?.length === 0 && <p className="t3 line">the same steps, which go on elsewhere</p>}
    </details>
  );
}

/** With what they ask; of a user's own protocol the labels alone. */
async function stepsOf(
  protocol: string,
  name: string,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<readonly Step[]> {
  const path = `/protocols/${encodeURIComponent(protocol)}/functions/${encodeURIComponent(name)}`;
  try {
    return (await ask<'Protocols_procedure'>('GET', path, { signal })).steps;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return labels.map((label) => ({ label, asks: '' }));
    throw error;
  }
}
