// The head of a session's view: what it is, what it has broken, and what can be done here.
import { useState } from 'react';
import type { Session } from '../api/schema.js';
import { Link } from '../app/link.js';
import type { DialogName } from './address.js';
import type { Finding } from './session-data.js';

/** The others are told in the status line and by flags on the timeline. */
const MAX_BROKEN = 3;

export function SessionBar({
  session,
  broken,
  findings,
  notes,
  goTo,
  open,
}: {
  readonly session: Session;
  readonly broken: NonNullable<Session['verdicts']>;
  readonly findings: readonly Finding[];
  readonly notes: number;
  readonly goTo: (position: number) => void;
  readonly open: (dialog: DialogName) => void;
}) {
  return (
    <div className="bar">
      <Link to="/sessions" className="t3 crumb">
        Sessions /
      </Link>
      <h1 className="cut">{session.name ?? session.scenario}</h1>
      <span className="m t3">{session.id}</span>
      <span className="chip a m">{session.protocol}</span>
      <span className="chip o">
        scenario <span className="m">{session.scenario}</span>
      </span>
      <span className="chip o">seed {session.seed}</span>
      <span className="chip o">level {session.recording}</span>
      {session.kind === 'imported' && (
        <Link
          to={`/import?session=${session.id}`}
          className="chip i"
          title="Its report: verdicts, gaps, how it is known"
        >
          imported: observed and <i>≈ inferred</i>
        </Link>
      )}
      {broken.slice(0, MAX_BROKEN).map(({ invariant, name }) => {
        const position = findings.find((finding) => finding.invariant === invariant)?.position;
        return (
          <button
            key={invariant}
            type="button"
            className="chip b"
            title={name}
            disabled={position === undefined}
            onClick={() => position !== undefined && goTo(position)}
          >
            ✕ {invariant} {name}
          </button>
        );
      })}
      <span className="sp" />
      <button type="button" className="btn g" onClick={() => open('note')}>
        Notes {notes > 0 ? notes : ''} <kbd>I</kbd>
      </button>
      <button type="button" className="btn" onClick={() => open('fork')}>
        Fork here <kbd>B</kbd>
      </button>
      <CopyLink />
    </div>
  );
}

function CopyLink() {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(location.href).then(() => setCopied(true));
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button type="button" className="btn copy-link" onClick={copy}>
      {copied ? 'Copied' : 'Copy link'}
    </button>
  );
}
