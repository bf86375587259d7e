// A verdict for each protocol, in classes that the trace cannot tell apart. The chosen one's first rejected event is shown in
// its context beside it.
import { count, plural } from '../ui/format.js';
import { WorkProgress } from '../ui/progress.js';
import { ErrorState, Loading } from '../ui/states.js';
import { classesOf, type Verdict } from './model/report.js';
import type { Check } from './use-check.js';

const SIGNS: { readonly [V in Verdict['verdict']]: readonly [sign: string, ink: string] } = {
  accepted: ['✓', 'good'],
  rejected: ['✕', 'bad'],
  undecided: ['?', 'warn'],
};

export function VerdictsPane({
  check: { data, error, progress, reload },
  chosen,
  choose,
}: {
  readonly check: Check;
  readonly chosen: string | null;
  readonly choose: (protocol: string) => void;
}) {
  return (
    <section className="pane verdicts" aria-label="Verdicts">
      <div className="ph">
        <h2>Is it a behaviour of …</h2>
        <span className="sp" />
        {data !== undefined && (
          <span className="t3">
            {plural(data.events, 'event')} checked
            {data.rootProbes ? ', root probes armed' : ', no root probes'}
          </span>
        )}
      </div>
      {data === undefined && error !== null && <ErrorState error={error} retry={reload} />}
      {data === undefined && error === null && progress === null && <Loading what="the lines once more" />}
      {data === undefined && error === null && progress !== null && (
        <WorkProgress title="Checking" {...progress} what="lines" />
      )}
      {data !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
        <div className="scroll" tabIndex={0} role="region" aria-label="Verdict of each protocol">
          {classesOf(data).map(({ protocols, verdicts }) => (
            <div key={protocols.join(' ')} className={protocols.length > 1 ? 'class tied' : 'class'}>
              {verdicts.map((verdict) => (
                <VerdictRow
                  key={verdict.protocol}
                  verdict={verdict}
                  events={data.events}
                  on={verdict.protocol === chosen}
                  choose={choose}
                />
              ))}
              {protocols.length > 1 && (
                <p className="t3 tie">This trace cannot tell these {protocols.length} apart.</p>
              )}
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

function VerdictRow({
  verdict,
  events,
  on,
  choose,
}: {
  readonly verdict: Verdict;
  readonly events: number;
  readonly on: boolean;
  readonly choose: (protocol: string) => void;
}) {
  const { protocol, profile, firstRejected, explained, unknown } = verdict;
  const [sign, ink] = SIGNS[verdict.verdict];
  return (
    <button type="button" className="verdict" aria-pressed={on} onClick={() => choose(protocol)}>
      <span className={ink} aria-hidden="true">
        {sign}
      </span>
      <span className="m">{protocol}</span>
      <span className={ink}>{verdict.verdict}</span>
      <span className="t2 cut">
        {verdict.verdict === 'accepted' && profile !== protocol && `as ${profile}`}
        {firstRejected !== null && `line ${count(firstRejected.line)}: ${firstRejected.event}`}
      </span>
      <span className="far" title={`${count(explained)} of ${plural(events, 'event')} explained`}>
        <span
          className={`far-bar ${verdict.verdict}`}
          style={{ width: `${(explained / Math.max(1, events)) * 100}%` }}
        />
      </span>
      <span className="n t2" title="steps that no line shows, filled in">
        {unknown > 0 ? `≈ ${count(unknown)}` : ''}
      </span>
    </button>
  );
}
