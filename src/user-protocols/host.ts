// Entry of the process around a user's protocol: starts the worker, passes messages on, and looks whether the worker is
// stuck in the user's code or grows without end. This thread never runs that code, so it always gets to look.
import { Worker } from 'node:worker_threads';
import { MAX_PROTOCOL_HEAP_MB, MAX_PROTOCOL_MEMORY_BYTES, MAX_PROTOCOL_SLICE_MS } from '../config/limits.js';
import { BEAT, type FaultWire, type FromSandbox, type SandboxData, type ToSandbox } from './messages.js';

const LOOK_MS = 50;
/** A thread in a long garbage collection does not hear that it is to end. */
const TERMINATE_MS = 1_000;

const beat = new Int32Array(new SharedArrayBuffer(BEAT.WORDS * Int32Array.BYTES_PER_ELEMENT));
const startBytes = process.memoryUsage.rss();
const worker = new Worker(new URL('./sandbox.worker.js', import.meta.url), {
  name: 'user-protocol',
  workerData: { beat } satisfies SandboxData,
  env: {},
  execArgv: ['--experimental-vm-modules', '--no-warnings'],
  resourceLimits: { maxOldGenerationSizeMb: MAX_PROTOCOL_HEAP_MB },
});
let file = '';
let stepNames: readonly string[] = [''];
let ending = false;

worker.on('message', (message: FromSandbox) => {
  if (ending) return;
  if (message.kind === 'answer' && message.name === 'load')
    ({ stepNames } = message.answer as { readonly stepNames: readonly string[] });
  process.send!(message);
});
worker.on('error', (error: Error & { readonly code?: string }) => {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') end(fault('memory', memoryText()));
  else end({ kind: 'failed', message: error.stack ?? error.message });
});
process.on('message', (message: ToSandbox) => {
  if (message.kind === 'ask' && message.name === 'load') ({ file } = message.question);
  worker.postMessage(message);
});
// The server is gone, and nobody else may end this. A Ctrl-C in the terminal is for the server.
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

let busy = 0;
let sinceMs = performance.now();
setInterval(() => {
  const now = Atomics.load(beat, BEAT.BUSY);
  if (now !== busy || now % 2 === 0) {
    busy = now;
    sinceMs = performance.now();
  } else if (performance.now() - sinceMs > MAX_PROTOCOL_SLICE_MS) {
    end(
      fault(
        'time',
        `it ran for more than MAX_PROTOCOL_SLICE_MS = ${MAX_PROTOCOL_SLICE_MS} ms without coming back`,
      ),
    );
  }
  if (process.memoryUsage.rss() - startBytes > MAX_PROTOCOL_MEMORY_BYTES) end(fault('memory', memoryText()));
}, LOOK_MS);

function memoryText(): string {
  return `it took more than MAX_PROTOCOL_MEMORY_BYTES = ${MAX_PROTOCOL_MEMORY_BYTES} bytes`;
}

function fault(kind: FaultWire['kind'], what: string): FromSandbox {
  const at = stepNames[Atomics.load(beat, BEAT.STEP)] ?? '';
  return { kind: 'fault', fault: { kind, file, at, what } };
}

/** Says why, ends the worker, then this process. */
function end(message: FromSandbox): void {
  if (ending) return;
  ending = true;
  process.send!(message, () => {
    setTimeout(() => process.exit(0), TERMINATE_MS);
    void worker.terminate().then(() => process.exit(0));
  });
}
