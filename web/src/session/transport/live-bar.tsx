// Commands of a session that is not sealed: follow it, pause it, let it go on, step it, and tell a live machine what to do.
// Each command names the position that it was meant for: of two tabs that command one session, the second is told.
import { useRef, useState } from 'react';
import { ask, Refused } from '../../api/ask.js';
import type { LiveCommand, Session } from '../../api/schema.js';
import { useKeys } from '../../app/keys.js';
import { count } from '../../ui/format.js';

const EXAMPLES: readonly (readonly [name: string, command: LiveCommand])[] = [
  ['createVm', { command: 'createVm' }],
  ['addVcpu', { command: 'addVcpu', vcpu: 0 }],
  ['addMemslot', { command: 'addMemslot', slot: 0, baseGfn: 0, pages: 64, hvaPage: 0 }],
  ['run: touch', { command: 'run', vcpu: 0, guest: [{ do: 'touch', gfn: 0, pages: 4, access: 'write' }] }],
  ['run: SMI', { command: 'run', vcpu: 0, guest: [{ do: 'out', port: 178 }] }],
  ['deleteMemslot', { command: 'deleteMemslot', slot: 0 }],
  ['destroyVm', { command: 'destroyVm' }],
  ['end', { command: 'end' }],
];

/** What was meant for another position, or for another state, has done nothing: it is for the person to look and say it again. */
function refusalText(error: Error): string {
  const status = error instanceof Refused ? error.status : 0;
  if (status === 412)
    return `Nothing was done: somebody else has moved the session on (${error.message}). Look, and send it again.`;
  if (status === 409) return `Nothing was done: ${error.message}`;
  return error.message;
}

export function LiveBar({
  session,
  last,
  follow,
  setFollow,
  said,
  setSaid,
}: {
  readonly session: Session;
  readonly last: number;
  readonly follow: boolean;
  readonly setFollow: (follow: boolean) => void;
  /** What became of the last command. The bar goes when the session has ended: an answer that comes then is told elsewhere. */
  readonly said: string;
  readonly setSaid: (said: string) => void;
}) {
  const [text, setText] = useState(JSON.stringify(EXAMPLES[0][1]));
  const { id, allowed } = session;
  const may = (what: string): boolean => allowed.includes(what);
  const act = (what: Promise<unknown>): void => {
    setSaid('');
    what.then(
      () => setSaid('done'),
      (error: Error) => setSaid(refusalText(error)),
    );
  };
  const field = useRef<HTMLInputElement>(null);
  const pause = () => act(ask<'Sessions_pause'>('POST', `/sessions/${id}/pause`));
  const resume = () => act(ask<'Sessions_resume'>('POST', `/sessions/${id}/resume`));
  const group = 'Live session';
  useKeys([
    { key: 'l', label: 'follow its end, or stay', group, run: () => setFollow(!follow) },
    {
      key: 'r',
      label: 'pause it, or let it go on',
      group,
      run: () => (may('pause') ? pause() : may('resume') && resume()),
    },
    { key: 'o', label: 'to the command; ↵ sends it', group, run: () => field.current?.focus() },
  ]);
  const command = (): void => {
    let body: LiveCommand;
    try {
      body = JSON.parse(text) as LiveCommand;
    } catch (error) {
      setSaid(`not JSON: ${(error as Error).message}`);
      return;
    }
    act(ask<'LiveCommands_command'>('POST', `/sessions/${id}/commands`, { body, at: last }));
  };
  return (
    <div className="bar live" role="group" aria-label="Commands of the session">
      <label className="check">
        <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} />{' '}
        Follow
      </label>
      <span className="t2">
        {session.state}, {count(last)} stored
      </span>
      <button type="button" className="btn s" disabled={!may('pause')} onClick={pause}>
        Pause
      </button>
      <button type="button" className="btn s" disabled={!may('resume')} onClick={resume}>
        Resume
      </button>
      <button
        type="button"
        className="btn s"
        disabled={!may('step')}
        onClick={() =>
          act(ask<'LiveCommands_step'>('POST', `/sessions/${id}/step`, { body: { events: 1 }, at: last }))
        }
      >
        Run one step
      </button>
      <button
        type="button"
        className="btn s"
        disabled={!may('cancel')}
        onClick={() => act(ask<'LiveCommands_cancel'>('POST', `/sessions/${id}/cancel`))}
      >
        End it here
      </button>
      {(may('command') || session.scenario === 'live') && (
        <>
          <select
            className="in example"
            aria-label="Example of a command"
            onChange={(event) => {
              const found = EXAMPLES.find(([name]) => name === event.target.value);
              if (found !== undefined) setText(JSON.stringify(found[1]));
            }}
          >
            {EXAMPLES.map(([name]) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <input
            ref={field}
            className="in"
            aria-label="Command"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && may('command')) command();
            }}
          />
          <button type="button" className="btn p s" disabled={!may('command')} onClick={command}>
            Send
          </button>
        </>
      )}
      <span role="status" className="t2 cut" title={said}>
        {said}
      </span>
    </div>
  );
}
