// Takes in a trace: dropped, or chosen. It is sent as it lies on the disk, with how much has gone, and can be cancelled; what
// the server says against it stands here with its line numbers.
import { useEffect, useRef, useState } from 'react';
import type { ImportedTrace } from '../api/schema.js';
import { type Sent, upload } from '../api/upload.js';
import { useKeys } from '../app/keys.js';
import { setQuery } from '../app/router.js';
import { bytes } from '../ui/format.js';
import { ErrorState } from '../ui/states.js';

const MAX_NAME_CHARS = 200;
const MAX_PROFILE_BYTES = 3_000;

type Work =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'sending';
      readonly file: File;
      readonly sent: Sent;
      readonly perSecond: number;
      readonly abort: AbortController;
    }
  | { readonly kind: 'failed'; readonly file: File; readonly error: Error };

export function UploadPane({
  kernel,
  onImported,
}: {
  readonly kernel: string;
  readonly onImported: (trace: ImportedTrace) => void;
}) {
  const [work, setWork] = useState<Work>({ kind: 'idle' });
  const [over, setOver] = useState(false);
  const [profile, setProfile] = useState<{ readonly name: string; readonly text: string } | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const abort = work.kind === 'sending' ? work.abort : null;
  // Who leaves the view does not want the file any more.
  useEffect(() => () => abort?.abort(), [abort]);
  useKeys([
    { key: 'o', label: 'choose a trace', group: 'Import', run: () => picker.current?.click() },
    { key: 'Escape', label: 'cancel the upload', group: 'Import', run: () => abort?.abort() },
  ]);
  const send = (file: File | undefined) => {
    if (file === undefined || work.kind === 'sending') return;
    const control = new AbortController();
    const query = new URLSearchParams({ name: file.name.slice(-MAX_NAME_CHARS) });
    if (kernel.trim() !== '') query.set('kernel', kernel.trim());
    if (profile !== null) query.set('kprobeProfile', profile.text);
    const sinceMs = performance.now();
    const sending = (sent: Sent): Work => {
      const seconds = Math.max(0.001, (performance.now() - sinceMs) / 1_000);
      return { kind: 'sending', file, sent, perSecond: sent.bytes / seconds, abort: control };
    };
    setWork(sending({ bytes: 0, of: file.size }));
    upload(`/traces?${query.toString()}`, file, control.signal, (sent) => setWork(sending(sent))).then(
      (answer) => {
        setWork({ kind: 'idle' });
        onImported(answer as ImportedTrace);
      },
      (error: unknown) => {
        const cancelled = error instanceof DOMException && error.name === 'AbortError';
        const thrown = error instanceof Error ? error : new Error(String(error));
        setWork(cancelled ? { kind: 'idle' } : { kind: 'failed', file, error: thrown });
      },
    );
  };
  const latest = useRef(send);
  latest.current = send;
  // Anywhere in the page: a file that misses the field would otherwise take the page's place.
  useEffect(() => {
    const abort = new AbortController();
    const listen = (name: 'dragover' | 'dragleave' | 'drop', act: (event: DragEvent) => void) =>
      window.addEventListener(
        name,
        (event) => {
          event.preventDefault();
          act(event);
        },
        { signal: abort.signal },
      );
    listen('dragover', () => setOver(true));
    listen('dragleave', ({ relatedTarget }) => setOver(relatedTarget !== null));
    listen('drop', ({ dataTransfer }) => {
      setOver(false);
      latest.current(dataTransfer?.files[0]);
    });
    return () => abort.abort();
  }, []);
  return (
    <section className="pane upload" aria-label="Import a trace">
      <div className={over ? 'drop over' : 'drop'}>
        {work.kind === 'sending' ? (
          <Sending work={work} />
        ) : (
          <>
            <svg viewBox="0 0 18 18" aria-hidden="true">
              <path d="M9 2v9M5.500 8L9 11.500 12.500 8M3 13v2.500h12V13" />
            </svg>
            <h2>Drop a trace of a real kernel here</h2>
            <p className="t2">
              tracefs <span className="m">trace</span> or <span className="m">trace_pipe</span>,{' '}
              <span className="m">trace-cmd report</span>, <span className="m">trace.dat</span>,{' '}
              <span className="m">perf script</span>; plain, gzip or zstd. The form is recognised.
            </p>
            <p>
              <button type="button" className="btn p" onClick={() => picker.current?.click()}>
                Choose a file <kbd>O</kbd>
              </button>
            </p>
            <input
              ref={picker}
              type="file"
              className="hidden"
              aria-label="Trace file"
              tabIndex={-1}
              onChange={(event) => {
                send(event.target.files?.[0]);
                event.target.value = '';
              }}
            />
          </>
        )}
      </div>
      {work.kind === 'failed' && (
        <div className="failed">
          <p className="t2">
            <b>{work.file.name}</b>, {bytes(work.file.size)}: nothing of it was stored
          </p>
          <ErrorState error={work.error} retry={() => send(work.file)} />
        </div>
      )}
      <div className="upload-fields">
        <label>
          <span>
            Kernel <span className="t3">if you know it, such as 6.1.55</span>
          </span>
          <input
            className="in"
            value={kernel}
            onChange={(event) => setQuery({ kernel: event.target.value })}
          />
        </label>
        <label>
          <span>
            kprobe_profile <span className="t3">says which probes missed events</span>
          </span>
          <input
            type="file"
            onChange={(event) => {
              const file = event.target.files?.[0];
              if (file === undefined) setProfile(null);
              else
                void file
                  .slice(0, MAX_PROFILE_BYTES)
                  .text()
                  .then((text) => setProfile({ name: file.name, text }));
            }}
          />
        </label>
        <div className="t2">
          <p>Record one that can be checked to the last reference:</p>
          <p className="m command-line">npx rootline import --print-probes 6.1.192</p>
        </div>
      </div>
    </section>
  );
}

function Sending({ work }: { readonly work: Extract<Work, { readonly kind: 'sending' }> }) {
  const { file, sent, perSecond, abort } = work;
  const all = sent.bytes >= sent.of && sent.of > 0;
  return (
    <div role="status" className="sending">
      <h2 className="cut">{file.name}</h2>
      <progress max={Math.max(1, sent.of)} {...(all ? {} : { value: sent.bytes })} aria-label="Sent" />
      <p className="t2">
        {all
          ? `${bytes(sent.of)} sent; the server reads the lines`
          : `${bytes(sent.bytes)} of ${bytes(sent.of)}, ${bytes(perSecond)}/s`}
      </p>
      <button type="button" className="btn" onClick={() => abort.abort()}>
        Cancel <kbd>Esc</kbd>
      </button>
    </div>
  );
}
