// Where two sessions part: the last step that both have, the first that differs, why, and both sessions opened there. Steps
// that merely commute are equal.
import type { Comparison } from '../api/schema.js';
import { Link } from '../app/link.js';
import { count, plural, time } from '../ui/format.js';
import { Letter, letterOf } from './letter.js';

type Alignment = Comparison['alignments'][number];
type Divergence = NonNullable<Alignment['divergence']>;
type Step = NonNullable<Divergence['steps'][number]>;

const KINDS: { readonly [K in Divergence['kind']]: string } = {
  order: 'Two steps on the same object came in another order',
  onlyIn: 'One session has a step that the other has not',
  step: 'A thread went on with another step',
  site: 'The same step, at another place of the code',
  value: 'The same step came out otherwise',
};

export function DivergencePane({
  alignment,
  other,
  show,
}: {
  readonly alignment: Alignment;
  /** Index of the session beside the first. */
  readonly other: number;
  readonly show: () => void;
}) {
  const { divergence, sessions, steps } = alignment;
  return (
    <section className="pane divergence" aria-label="First divergence">
      <div className="ph">
        <h2>First divergence</h2>
        {steps !== null && (
          <span className="t3 cut">
            {count(Math.max(...steps))} steps by {alignment.by}
          </span>
        )}
        <span className="sp" />
        {divergence !== null && (
          <button type="button" className="btn s" onClick={show}>
            Show <kbd>N</kbd>
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Where they part">
        {divergence === null ? (
          <Nothing alignment={alignment} />
        ) : (
          <Parted divergence={divergence} sessions={sessions} other={other} />
        )}
        <Occurrences alignment={alignment} other={other} />
      </div>
    </section>
  );
}

function Nothing({ alignment: { outcome, reason, sameOrder } }: { readonly alignment: Alignment }) {
  if (outcome === 'equal') {
    return (
      <p className="note">
        <span className="good">✓ No real divergence.</span>{' '}
        <span className="t2">
          {sameOrder
            ? 'Every step is the same, in the same order.'
            : 'The orders differ only in steps that commute: nothing depends on which came first.'}
        </span>
      </p>
    );
  }
  const why =
    outcome === 'gaveUp'
      ? 'Too many steps waited for their counterpart: the first divergence is not known.'
      : (reason?.text ?? 'The sessions cannot be aligned.');
  return (
    <p className="note t2">
      Not aligned: {why.replace(/\.?$/, '.')} The figures and curves are side by side all the same.
    </p>
  );
}

function Parted({
  divergence,
  sessions,
  other,
}: {
  readonly divergence: Divergence;
  readonly sessions: readonly string[];
  readonly other: number;
}) {
  const { kind, object, lastCommon, steps, onlyIn } = divergence;
  const sides = [0, other];
  return (
    <div className="parted">
      <p>
        <b>{KINDS[kind]}</b>
        {object !== null && <span className="t2"> on {object}</span>}
        {onlyIn !== null && <span className="t2"> (only in {letterOf(sides[onlyIn])})</span>}
        <span className="t3"> · {divergence.thread}</span>
      </p>
      {lastCommon !== null && (
        <Pair title="The last they have in common" steps={lastCommon} {...{ sessions, sides }} />
      )}
      <Pair title="Then" steps={steps} {...{ sessions, sides }} parting />
      {divergence.other !== null && (
        <Pair
          title={`The step of another thread that was first in ${letterOf(sides[divergence.other.firstIn])} only`}
          steps={divergence.other.steps}
          {...{ sessions, sides }}
        />
      )}
    </div>
  );
}

function Pair({
  title,
  steps,
  sessions,
  sides,
  parting = false,
}: {
  readonly title: string;
  readonly steps: readonly (Step | null)[];
  readonly sessions: readonly string[];
  readonly sides: readonly number[];
  readonly parting?: boolean;
}) {
  return (
    <>
      <h3 className="t3">{title}</h3>
      <div className="pair">
        {steps.map((step, i) => (
          <div key={sessions[i]} className={parting ? 'step-card parting' : 'step-card'}>
            <p>
              <Letter index={sides[i]} />{' '}
              {step === null ? (
                <span className="t3">does not come there</span>
              ) : (
                <Link className="link" to={`/sessions/${sessions[i]}?at=${step.position}`}>
                  {count(step.position)}
                </Link>
              )}
              {step !== null && <span className="t3"> {time(step.timeNs)}</span>}
            </p>
            {step !== null && (
              <>
                <p className="m">{step.event}</p>
                <p className="m t3 cut" title={callersText(step)}>
                  {step.function ?? step.thread}
                  {step.label === null ? '' : ` @ ${step.label}`}
                </p>
              </>
            )}
          </div>
        ))}
      </div>
    </>
  );
}

function callersText({ callers }: Step): string {
  return callers.map((caller) => `${caller.function} @ ${caller.label}`).join('\n');
}

const LISTED = 6;

function Occurrences({ alignment, other }: { readonly alignment: Alignment; readonly other: number }) {
  const { occurrences } = alignment;
  if (occurrences === null) return null;
  const sides = [0, other];
  return (
    <dl className="occurrences">
      <dt>In both</dt>
      <dd>{plural(occurrences.matched, 'step')}, wherever they stand</dd>
      {occurrences.onlyIn.map((list, i) => (
        <div key={alignment.sessions[i]}>
          <dt>
            Only in <Letter index={sides[i]} />
          </dt>
          <dd>
            {list.length === 0 && 'none'}
            {list.slice(0, LISTED).map(({ type, steps }) => (
              <span key={type}>
                {count(steps)} <span className="m">{type}</span>
              </span>
            ))}
            {list.length > LISTED && (
              <span className="t3">and {plural(list.length - LISTED, 'kind')} more</span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
