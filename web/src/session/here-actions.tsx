// What can be done at the playhead: go on differently from here (a fork), and leave a note here.
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Notes } from '../api/schema.js';
import { Link } from '../app/link.js';
import { count } from '../ui/format.js';
import { ErrorState } from '../ui/states.js';

export function ForkDialog({
  id,
  at,
  protocol,
  close,
}: {
  readonly id: string;
  readonly at: number;
  readonly protocol: string;
  readonly close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState('');
  const [seed, setSeed] = useState('');
  const [under, setUnder] = useState(protocol);
  const [made, setMade] = useState<string | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const protocols = useResource('protocols', () => ask<'Protocols_list'>('GET', '/protocols')).data
    ?.protocols;
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const changes = {
      ...(seed === '' ? {} : { seed: Number(seed) }),
      ...(under === protocol ? {} : { protocol: under }),
    };
    ask<'Forks_create'>('POST', `/sessions/${id}/forks`, {
      body: { at, changes, ...(name === '' ? {} : { name }) },
    }).then(({ id: fork }) => setMade(fork), setError);
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="fork-title">
      <form onSubmit={submit} className="small-form">
        <h1 id="fork-title">Fork at {count(at)}</h1>
        <p className="t2">History up to here is shared; from here on the fork goes its own way.</p>
        <label>
          Seed from here on
          <input
            className="in"
            inputMode="numeric"
            value={seed}
            placeholder="as it was"
            onChange={(e) => setSeed(e.target.value.replace(/\D/g, ''))}
          />
        </label>
        <label>
          Protocol
          <select className="in" value={under} onChange={(e) => setUnder(e.target.value)}>
            {(protocols ?? [{ id: protocol }]).map((one) => (
              <option key={one.id}>{one.id}</option>
            ))}
          </select>
        </label>
        <label>
          Name
          <input className="in" value={name} maxLength={200} onChange={(e) => setName(e.target.value)} />
        </label>
        {error !== null && <ErrorState error={error} />}
        {made !== null ? (
          <p role="status">
            <Link to={`/sessions/${made}?at=${at}`} className="btn p">
              Open session {made}
            </Link>
          </p>
        ) : (
          <p>
            <button type="submit" className="btn p">
              Fork
            </button>{' '}
            <button type="button" className="btn" onClick={() => dialog.current?.close()}>
              Not now
            </button>
          </p>
        )}
      </form>
    </dialog>
  );
}

export function NotesDialog({
  id,
  at,
  notes,
  reload,
  goTo,
  close,
}: {
  readonly id: string;
  readonly at: number;
  readonly notes: Notes['notes'];
  readonly reload: () => void;
  readonly goTo: (position: number) => void;
  readonly close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask<'Notes_create'>('POST', `/sessions/${id}/notes`, { body: { position: at, text } }).then(() => {
      setText('');
      reload();
    }, setError);
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="notes-title">
      <form onSubmit={submit} className="small-form">
        <h1 id="notes-title">Notes</h1>
        <ul>
          {notes.map((note) => (
            <li key={note.id} className="note-row">
              <button type="button" className="plain link m" onClick={() => goTo(note.position)}>
                {count(note.position)}
              </button>
              <span>{note.text}</span>
              <button
                type="button"
                className="btn g s"
                aria-label={`Delete the note at ${note.position}`}
                onClick={() =>
                  void ask<'Notes_remove'>('DELETE', `/sessions/${id}/notes/${note.id}`).then(
                    reload,
                    setError,
                  )
                }
              >
                Delete
              </button>
            </li>
          ))}
        </ul>
        <label>
          Note at {count(at)}
          <input className="in" value={text} onChange={(e) => setText(e.target.value)} />
        </label>
        {error !== null && <ErrorState error={error} />}
        <p>
          <button type="submit" className="btn p" disabled={text.trim() === ''}>
            Keep it
          </button>{' '}
          <button type="button" className="btn" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </p>
      </form>
    </dialog>
  );
}
