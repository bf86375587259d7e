// The chosen session in a few lines, with what can be done with it.
import { useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Session } from '../api/schema.js';
import { useKeys } from '../app/keys.js';
import { Link } from '../app/link.js';
import { go } from '../app/router.js';
import { bytes, count, time } from '../ui/format.js';
import { ErrorState } from '../ui/states.js';
import { milestoneText } from './milestones.js';
import { titleOf } from './search.js';
import type { Summary } from './session-list.js';
import { useInvariantKinds, VerdictChip } from './verdicts.js';

export function SessionCard({ summary }: { readonly summary: Summary }) {
  const { id, state, stored } = summary;
  const sealed = state === 'finished' || state === 'failed' || state === 'cancelled';
  const { data, error, reload } = useResource(`${id} ${state} ${sealed ? stored : ''}`, (signal) =>
    ask<'Sessions_get'>('GET', `/sessions/${id}`, { signal }),
  );
  const [asked, setAsked] = useState(false);
  const sure = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asked) sure.current?.focus();
  }, [asked]);
  const [failure, setFailure] = useState<Error | null>(null);
  const session = data?.id === id ? data : null;
  const act = (what: Promise<unknown>) => {
    setFailure(null);
    what.then(reload, setFailure);
  };
  const pause = () => act(ask<'Sessions_pause'>('POST', `/sessions/${id}/pause`));
  const resume = () => act(ask<'Sessions_resume'>('POST', `/sessions/${id}/resume`));
  const resting = state === 'paused' || state === 'interrupted';
  useKeys([
    {
      key: 'Delete',
      label: 'delete it; it is asked once more',
      group: 'The session',
      run: () => setAsked(true),
    },
    {
      key: 'p',
      label: 'pause it, or let it go on',
      group: 'The session',
      run: () => (state === 'running' ? pause() : resting && resume()),
    },
    ...(asked ? [{ key: 'Escape', label: 'keep it', group: 'The session', run: () => setAsked(false) }] : []),
    ...(summary.kind === 'imported'
      ? [
          {
            key: 'i',
            label: 'its trace report',
            group: 'The session',
            run: () => go(`/import?session=${id}`),
          },
        ]
      : []),
  ]);
  return (
    <section className="pane card" aria-label="The chosen session">
      <div className="ph">
        <h2 className="cut">{titleOf(summary)}</h2>
        <span className="m t3">{id}</span>
        <span className="sp" />
        {state === 'running' && (
          <button type="button" className="btn s" onClick={pause}>
            Pause
          </button>
        )}
        {resting && (
          <button type="button" className="btn s" onClick={resume}>
            Resume
          </button>
        )}
        {asked ? (
          <>
            <button
              ref={sure}
              type="button"
              className="btn s bad"
              onClick={() => {
                setAsked(false);
                act(ask<'Sessions_delete'>('DELETE', `/sessions/${id}`));
              }}
            >
              Delete for good
            </button>
            <button type="button" className="btn g s" onClick={() => setAsked(false)}>
              Keep
            </button>
          </>
        ) : (
          <button type="button" className="btn g s" title="Delete (Del)" onClick={() => setAsked(true)}>
            Delete
          </button>
        )}
        {summary.kind === 'imported' && (
          <Link to={`/import?session=${id}`} className="btn s">
            Trace report
          </Link>
        )}
        <Link to={`/sessions/${id}`} className="btn p s">
          Open
        </Link>
      </div>
      <div className="scroll">
        {(error ?? failure) !== null && <ErrorState error={(error ?? failure) as Error} retry={reload} />}
        {session !== null && <Facts session={session} />}
      </div>
    </section>
  );
}

function Facts({ session }: { readonly session: Session }) {
  const kinds = useInvariantKinds();
  const broken = session.verdicts?.filter(({ verdict }) => verdict === 'violated') ?? [];
  const { guestNs = 0, hostNs = 0, outerNs = 0 } = session.counts;
  const all = guestNs + hostNs + outerNs;
  const share = (ns: number) => `${Math.round((ns / all) * 100)} %`;
  return (
    <dl className="facts">
      <dt>Findings</dt>
      <dd>
        {broken.length === 0 && (session.verdicts === null ? 'not ended yet' : 'none')}
        {broken.map(({ invariant, name }) => (
          <span key={invariant}>
            <VerdictChip invariant={invariant} name={name} kind={kinds.get(invariant)} /> {name}
          </span>
        ))}
      </dd>
      <dt>Milestones</dt>
      <dd>{milestoneText(session.milestones) || '—'}</dd>
      <dt>Time</dt>
      <dd>
        {time(session.timeNs)}
        {all > 0 && ` · guest ${share(guestNs)} · host ${share(hostNs)} · outer ${share(outerNs)}`}
      </dd>
      <dt>Digest</dt>
      <dd className="m">{session.digest ?? '—'}</dd>
      <dt>Stored</dt>
      <dd>
        {session.recording}, {count(session.stored)} events, {bytes(session.storedBytes)}
      </dd>
      {session.detail?.message !== undefined && (
        <>
          <dt>Why</dt>
          <dd>{session.detail.message}</dd>
        </>
      )}
    </dl>
  );
}
