// Churn: roots that vCPUs were given over the trace, and beside it why, how often, what faulting everything in again cost, and
// the exits and vCPUs behind them.
import { useMemo } from 'react';
import type { ImportedTrace, Session } from '../api/schema.js';
import { count, plural, time } from '../ui/format.js';
import { EmptyState } from '../ui/states.js';
import { ChurnChart } from './churn-chart.js';
import { activityOf, CAUSE_INKS, columnsOf, type GapSpan } from './model/churn.js';
import { useGapSpans } from './use-trace.js';

const LISTED = 4;
const NOTHING = [] as const;

export function ChurnPane({ trace, session }: { readonly trace: ImportedTrace; readonly session: Session }) {
  const gaps = useGapSpans(trace, session.timeNs) ?? NOTHING;
  const churn = activityOf(trace)?.churn ?? null;
  return (
    <section className="pane churn-pane" aria-label="Churn">
      <div className="ph">
        <h2>Root allocations over the trace, by cause</h2>
        <span className="sp" />
        {churn?.perSecond != null && <span className="t3">{churn.perSecond.toFixed(1)} a second</span>}
      </div>
      {churn === null ? (
        <EmptyState title="Churn is not told of this trace">
          <p className="t2">It was imported by an older version: import it once more.</p>
        </EmptyState>
      ) : churn.allocations === null ? (
        <EmptyState title="No line shows the birth of a root">
          <p className="t2">
            <span className="m">npx rootline import --print-probes</span> prints the probes that do.
          </p>
        </EmptyState>
      ) : (
        <Told trace={trace} endNs={session.timeNs} gaps={gaps} />
      )}
    </section>
  );
}

function Told({
  trace,
  endNs,
  gaps,
}: {
  readonly trace: ImportedTrace;
  readonly endNs: number;
  readonly gaps: readonly GapSpan[];
}) {
  const { churn, beginning, clock, progress } = trace;
  const columns = useMemo(() => columnsOf(churn, beginning, endNs), [churn, beginning, endNs]);
  const { causes, refault, exitReasons, vcpus } = churn;
  const timed = clock === 'ns';
  return (
    <div className="churn-told">
      <ChurnChart columns={columns} gaps={gaps} timed={timed} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Causes">
        <ul className="causes">
          {causes.map(({ cause, text, allocations, occasions }) => (
            <li key={cause}>
              <span className="swatch" style={{ background: `var(--${CAUSE_INKS[cause]})` }} />
              <b className="n">{count(allocations)}</b>
              <span>
                {text}
                {occasions !== null && <span className="t3"> · {count(occasions)} times</span>}
              </span>
            </li>
          ))}
        </ul>
        <dl className="facts">
          <dt>Guests</dt>
          <dd>
            {progress.verdict}: {progress.why}
          </dd>
          <dt>Refaults</dt>
          <dd>
            {plural(refault.faults, 'fault')}
            {refault.perAllocation !== null && `, ${refault.perAllocation.toFixed(1)} a root given again`}
            {refault.share !== null && `, ${Math.round(refault.share * 100)} % of all faults`}
            {refault.ns !== null && refault.ns > 0 && `, ${time(refault.ns)}`}
          </dd>
          <dt>Exits</dt>
          <dd>{listText(exitReasons.map(({ reason, allocations }) => `${reason} ${count(allocations)}`))}</dd>
          <dt>vCPUs</dt>
          <dd>
            {listText(
              vcpus
                .filter(({ allocations }) => allocations > 0)
                .map(({ vm, vcpu, allocations }) => `vm${vm} vcpu${vcpu} ${count(allocations)}`),
            )}
          </dd>
        </dl>
      </div>
    </div>
  );
}

function listText(parts: readonly string[]): string {
  if (parts.length === 0) return 'none';
  const more = parts.length - LISTED;
  return parts.slice(0, LISTED).join(', ') + (more > 0 ? ` and ${count(more)} more` : '');
}
