// A counterexample: who ran when as a strip, and the two columns as they go into a mail, with what breaks marked.
import { type ReactNode, useMemo } from 'react';
import type { Exploration, ExplorationReport } from '../api/schema.js';
import { count } from '../ui/format.js';
import { Loading } from '../ui/states.js';
import { type DrawnCell, drawingOf, turnsOf } from './model/drawing.js';

type Found = NonNullable<NonNullable<Exploration['result']>['counterexample']>;
type Report = ExplorationReport['report'];

/** Steps that are listed where nothing can be drawn. */
const MAX_LISTED = 2_000;

export function Counterexample({
  found,
  report,
  missing,
}: {
  readonly found: Found;
  readonly report: Report | null;
  readonly missing: Error | null;
}) {
  if (report === null && missing === null) return <Loading what="the counterexample" />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
    <div className="scroll counterexample" tabIndex={0} role="region" aria-label="Counterexample">
      <Strip found={found} report={report} />
      {report === null ? <Steps found={found} why={missing} /> : <Columns lines={report.drawing} />}
    </div>
  );
}

/** One lane a thread, a bar where it ran; the two steps that had to be ordered, joined. */
function Strip({ found, report }: { readonly found: Found; readonly report: Report | null }) {
  const turns = useMemo(() => turnsOf(found.steps), [found]);
  const lanes = [...new Set(turns.map(({ thread }) => thread))];
  const total = found.steps.length;
  // A report about a smaller workload has other steps: its order is in words then.
  const ordering = report !== null && report.length === total ? report.ordering : null;
  const marks = ordering === null ? [] : [ordering.first, ordering.second];
  return (
    <div className="strip" role="img" aria-label={stripText(turns)}>
      {lanes.map((thread) => (
        <div key={thread} className="lane">
          <span className="m cut">{thread}</span>
          <div className="track">
            {turns
              .filter((turn) => turn.thread === thread)
              .map(({ from, steps, function: name }) => (
                <i
                  key={from}
                  className="turn"
                  style={{ left: `${((from - 1) / total) * 100}%`, width: `${(steps / total) * 100}%` }}
                  title={`steps ${from} to ${from + steps - 1}, up to ${name}`}
                >
                  {steps / total > 0.04 ? steps : ''}
                </i>
              ))}
            {marks
              .filter((mark) => mark.thread === thread)
              .map((mark) => (
                <i
                  key={mark.step}
                  className="order"
                  style={{ left: `${((mark.step - 0.5) / total) * 100}%` }}
                  title={`step ${mark.step}: ${mark.function} @ ${mark.label}`}
                />
              ))}
          </div>
        </div>
      ))}
    </div>
  );
}

function stripText(turns: readonly { readonly thread: string; readonly steps: number }[]): string {
  return turns.map(({ thread, steps }) => `${thread} ${steps} steps`).join(', ');
}

function Columns({ lines }: { readonly lines: readonly string[] }) {
  const { heads, rows } = useMemo(() => drawingOf(lines), [lines]);
  return (
    <table className="columns m">
      <thead>
        <tr>
          <th scope="col">{heads[0]}</th>
          <th scope="col">{heads[1]}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ line, left, right }) => (
          <tr key={line}>
            <Cell cell={left} />
            <Cell cell={right} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ cell: { kind, text } }: { readonly cell: DrawnCell }) {
  let shown: ReactNode = text;
  if (kind === 'thread') shown = <b>{text}</b>;
  if (kind === 'broken') shown = <strong>✕ {text.trim().replace(/^\*+ /, '')}</strong>;
  return <td className={kind}>{shown}</td>;
}

/** Steps that are not those of the machine, or that could not be drawn. */
function Steps({ found, why }: { readonly found: Found; readonly why: Error | null }) {
  return (
    <>
      {why !== null && <p className="t3 note">{why.message}</p>}
      <table className="past">
        <thead>
          <tr>
            <th className="n">Step</th>
            <th>Thread</th>
            <th>Function @ label</th>
          </tr>
        </thead>
        <tbody>
          {found.steps.slice(0, MAX_LISTED).map((step, k) => (
            <tr key={k}>
              <td className="n">{k + 1}</td>
              <td className="m">{step.name}</td>
              <td className="m">
                {step.function} @ {step.label}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.steps.length > MAX_LISTED && (
        <p className="t3 note">and {count(found.steps.length - MAX_LISTED)} more steps</p>
      )}
    </>
  );
}
