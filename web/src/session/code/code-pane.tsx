// The code: each thread's stack, and of the chosen frame the procedure's labelled steps with a pointer at where it is, where it
// came from in C, and what of it is left out.
import { memo, useEffect, useRef } from 'react';
import { ask } from '../../api/ask.js';
import { useResource } from '../../api/resource.js';
import type { State } from '../../api/schema.js';
import { ErrorState } from '../../ui/states.js';

export interface CodePaneProps {
  readonly protocol: string;
  readonly state: State | undefined;
  readonly thread: string | null;
  readonly setThread: (thread: string) => void;
  /** Frame of the stack, 0 the innermost. */
  readonly frame: number;
  readonly setFrame: (frame: number) => void;
}

export const CodePane = memo(function CodePane({
  protocol,
  state,
  thread,
  setThread,
  frame,
  setFrame,
}: CodePaneProps) {
  const threads = state?.threads ?? [];
  const shown = threads.find(({ name }) => name === thread) ?? threads[0];
  const stack = shown === undefined || shown.stack === 'notRecorded' ? [] : shown.stack;
  const chosen = stack[Math.min(frame, stack.length - 1)];
  // The stack has three lines: the frame whose code is shown is among them.
  const pressed = useRef<HTMLLIElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is looked at where it has moved to
  useEffect(() => {
    pressed.current?.scrollIntoView({ block: 'nearest' });
  }, [chosen, shown?.name]);
  return (
    <section className="pane code" aria-label="Code">
      <div className="ph">
        <h2>Code</h2>
        <div className="tabs" role="tablist" aria-label="Threads">
          {threads.map(({ name }) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={name === shown?.name}
              onClick={() => setThread(name)}
            >
              {name}
            </button>
          ))}
        </div>
        <span className="sp" />
        <span className="m t3">{protocol}</span>
      </div>
      {shown?.stack === 'notRecorded' && (
        <p className="note t3">This recording level did not keep where threads are.</p>
      )}
      {shown !== undefined && stack.length === 0 && shown.stack !== 'notRecorded' && (
        <p className="note t3">{shown.name} has not begun.</p>
      )}
      {(shown === undefined || stack.length > 0) && (
        <ol className="stack" aria-label="Stack, outermost first">
          {stack
            .map((one, i) => ({ ...one, i }))
            .toReversed()
            .map(({ function: name, label, i }) => (
              <li key={i} ref={i === Math.min(frame, stack.length - 1) ? pressed : null}>
                <button
                  type="button"
                  className="m"
                  aria-pressed={i === Math.min(frame, stack.length - 1)}
                  title={`@ ${label}`}
                  onClick={() => setFrame(i)}
                >
                  {name}
                </button>
              </li>
            ))}
        </ol>
      )}
      {chosen !== undefined && (
        <Steps
          protocol={protocol}
          name={chosen.function}
          label={chosen.label}
          innermost={chosen === stack[0]}
        />
      )}
    </section>
  );
});

function Steps({
  protocol,
  name,
  label,
  innermost,
}: {
  readonly protocol: string;
  readonly name: string;
  readonly label: string;
  readonly innermost: boolean;
}) {
  const key = `${protocol} ${name}`;
  const { data, dataKey, error, reload } = useResource(key, (signal) =>
    ask<'Protocols_procedure'>(
      'GET',
      `/protocols/${encodeURIComponent(protocol)}/functions/${encodeURIComponent(name)}`,
      { signal },
    ),
  );
  const procedure = dataKey === key ? data : undefined;
  const current = procedure?.steps.find((step) => step.label === label);
  const next = new Set(current?.next);
  const pointer = useRef<HTMLLIElement>(null);
  const ready = procedure !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is looked at where it has moved to
  useEffect(() => {
    pointer.current?.scrollIntoView({ block: 'nearest' });
  }, [ready, name, label]);
  const here = procedure?.steps.findIndex((step) => step.label === label) ?? -1;
  if (error !== null && dataKey !== key) return <ErrorState error={error} retry={reload} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
    <div className="scroll" role="region" aria-label={`Steps of ${name}`} tabIndex={0}>
      <div className="function">
        <b className="m">{name}</b>
        <span className="t3 m cut">
          {procedure?.file ?? ' '} {procedure?.since ?? ''}
        </span>
      </div>
      <ol className="steps-list">
        {procedure?.steps.map((step, i) => {
          const on = step.label === label;
          return (
            <li
              key={step.label}
              ref={on ? pointer : null}
              className={on ? 'on' : next.has(step.label) ? 'next' : ''}
              aria-current={on ? 'step' : undefined}
            >
              <span className="t3">{on ? '▶' : next.has(step.label) ? '›' : i < here ? '·' : ''}</span>
              <span className="m">{step.label}</span>
              <span className="m t2 cut" title={step.asks}>
                {step.asks}
              </span>
              <span className="t3">
                {on ? (innermost ? 'here' : 'called from here') : next.has(step.label) ? 'next' : ''}
              </span>
            </li>
          );
        })}
      </ol>
      {current?.next
        .filter((text) => !procedure?.steps.some((step) => step.label === text))
        .map((text) => (
          <p key={text} className="note t2 m">
            may {text}
          </p>
        ))}
      {procedure !== undefined && (
        <p className="note t3">
          <b>Left out:</b> {procedure.leftOut}
        </p>
      )}
    </div>
  );
}
