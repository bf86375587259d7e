// Beside a counterexample: why nothing stopped it, what another protocol does with the same schedule, how to see it on a real
// kernel; and always what the verdict says nothing about.
import type { Exploration, ExplorationReport } from '../api/schema.js';
import { Link } from '../app/link.js';
import { count } from '../ui/format.js';
import { Loading } from '../ui/states.js';
import { formAddress, type Litmus } from './model/request.js';
import { useLitmus } from './start-form.js';

type Report = ExplorationReport['report'];
/** The first protocols to ask the same of. */
const OTHERS = ['v5.18', 'seed-draft', 'v6.4', 'v6.14'];

export function WhyPane({
  read,
  report,
  coming,
}: {
  readonly read: Exploration;
  readonly report: Report | null;
  /** The report is being made: nothing is shown where it will stand. */
  readonly coming: boolean;
}) {
  const litmus = useLitmus()?.find(({ id }) => id === read.litmus);
  const recipe = report?.recipe ?? null;
  return (
    <aside className="pane why" aria-label="Why, and within which bounds">
      <div className="ph">
        <h2>{report === null && !coming ? 'What it rests on' : 'Why nothing stopped it'}</h2>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Why">
        {report !== null && (
          <>
            <p className="because">{report.why}</p>
            {report.ordering !== null && (
              <ol className="ordered">
                <Placed n="1" said="came first" at={report.ordering.first} />
                <Placed n="2" said="had to be before it" at={report.ordering.second} />
              </ol>
            )}
            {report.transplant !== undefined && (
              <p className={`plate ${report.transplant.outcome === 'violates' ? 'bad' : 'good'}`}>
                <b>{report.transplant.outcome === 'violates' ? '✕ Also there.' : '✓ Not there.'}</b>{' '}
                {report.transplant.text}
              </p>
            )}
          </>
        )}
        {recipe !== null && (
          <section className="recipe" aria-label="On a real kernel">
            <h3>On a real kernel</h3>
            <ol>
              {recipe.calls.map((call, k) => (
                <li key={k} className="m">
                  {call}
                </li>
              ))}
              {recipe.delays.map(({ thread, function: name, label, until }) => (
                <li key={`${thread} ${name} ${label}`}>
                  hold up <b>{thread}</b> in <span className="m">{name}</span> before{' '}
                  <span className="m">{label}</span> until{' '}
                  {until.map((at) => `${at.thread} has passed ${at.function} @ ${at.label}`).join(', ')}
                </li>
              ))}
            </ol>
            <p>
              expect <span className="m bad">{recipe.splat}</span>
            </p>
            {recipe.bug !== null && <p>this is {recipe.bug}</p>}
          </section>
        )}
        {coming && <Loading what="why" />}
        {!coming && <Rests read={read} litmus={litmus} />}
      </div>
    </aside>
  );
}

/** Where to ask the same, and the bounds of the answer. */
function Rests({ read, litmus }: { readonly read: Exploration; readonly litmus: Litmus | undefined }) {
  const { asked, result } = read;
  return (
    <>
      <p className="others">
        {OTHERS.filter((id) => id !== read.protocol).map((id) => (
          <Link key={id} className="btn s" to={formAddress(read, id)}>
            Same in {id}
          </Link>
        ))}
      </p>
      <dl className="facts bounds">
        <dt>Bounds</dt>
        <dd>
          {count(asked.states)} states, {count(asked.seconds)} s, {count(asked.bytes)} bytes
          {asked.preemptions === null ? '' : `, ${asked.preemptions} preemptions`}
          {asked.depth === null ? '' : `, ${asked.depth} steps`}
        </dd>
        <dt>Memory</dt>
        <dd>sequentially consistent</dd>
        <dt>Reduced by</dt>
        <dd>{result === null ? asked.reductions : result.reductions.join(', ') || 'nothing'}</dd>
        <dt>Asked</dt>
        <dd>{read.createdAt.replace('T', ' ').slice(0, 19)} UTC</dd>
        <dt>Litmus</dt>
        <dd>{litmus?.title ?? read.litmus}</dd>
        {litmus !== undefined && litmus.leftOut !== '' && (
          <>
            <dt>Left out</dt>
            <dd>{litmus.leftOut}</dd>
          </>
        )}
      </dl>
    </>
  );
}

function Placed({
  n,
  said,
  at,
}: {
  readonly n: string;
  readonly said: string;
  readonly at: NonNullable<Report['ordering']>['first'];
}) {
  return (
    <li>
      <b className="acc">{n}</b>
      <span>
        <b>{at.thread}</b> step {at.step} {said}
        <span className="m t2">
          {at.function} @ {at.label}
        </span>
      </span>
    </li>
  );
}
