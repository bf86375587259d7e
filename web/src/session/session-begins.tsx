// A session that has no event yet: what it waits for, and for a live machine the commands that make it begin.
import type { Session } from '../api/schema.js';
import { Link } from '../app/link.js';
import { useStatus } from '../app/status.js';
import { EmptyState } from '../ui/states.js';
import { LiveBar } from './transport/live-bar.js';

export function SessionBegins({
  session,
  state,
  sealed,
  told,
}: {
  readonly session: Session;
  readonly state: string | null;
  readonly sealed: boolean;
  readonly told: { readonly said: string; readonly setSaid: (said: string) => void };
}) {
  const { id, name, scenario, protocol } = session;
  const commanded = !sealed && scenario === 'live';
  useStatus({
    facts: [state ?? ''],
    command: commanded ? `command ${id} createVm` : `show ${id}`,
    keys: [['?', 'all keys']],
  });
  return (
    <div className="session-begins">
      <div className="bar">
        <Link to="/sessions" className="t3 crumb">
          Sessions /
        </Link>
        <h1 className="cut">{name ?? scenario}</h1>
        <span className="m t3">{id}</span>
        <span className="chip a m">{protocol}</span>
      </div>
      {!sealed && <LiveBar session={session} last={0} follow={true} setFollow={() => undefined} {...told} />}
      <EmptyState title={sealed ? `Session ${id} has no event` : `Session ${id} has no event yet`}>
        {sealed && <p className="t2">It is {state}, and none was stored.</p>}
        {!sealed && !commanded && (
          <p className="t2">
            It waits for its turn, or is about to begin: its timeline appears here with the first events.
          </p>
        )}
        {commanded && (
          <>
            <p className="t2">
              A live machine does what it is told: choose a command above and send it, createVm first. What it
              does is drawn here as it is carried out. From a terminal:
            </p>
            <p className="m">npx rootline command {id} createVm</p>
          </>
        )}
      </EmptyState>
    </div>
  );
}
