// The server's end of a process in which one user's protocol runs: one question at a time. Whatever becomes of the process,
// the question under way is answered or fails with a ProtocolFault.
import { type ChildProcess, fork } from 'node:child_process';
import { ProtocolFault } from '../core/base/errors.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { ExplorationProgress } from '../explorations/exploration.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import { failureFromWire } from '../sessions/inspection/failure.js';
import type { FromSandbox, QuestionName, Questions, ToSandbox } from './messages.js';

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Sandbox {
  /** What the worker says to the store's writer. */
  onPort: (message: unknown) => void = () => undefined;
  /** Told how far a search is. */
  onProgress: (now: ExplorationProgress) => void = () => undefined;
  private readonly child: ChildProcess;
  private pending: Pending | null = null;
  private dead: Error | null = null;

  private constructor(private readonly file: string) {
    this.child = fork(compiledEntry(import.meta.url, './host'), {
      serialization: 'advanced',
      // Nor can code be made from text by way of an object of ours.
      execArgv: ['--disallow-code-generation-from-strings'],
      // What V8 writes about its heap before it aborts is of no use to anybody.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.child.on('message', (message: FromSandbox) => this.hear(message));
    this.child.on('error', (error) => this.die(error));
    this.child.on('exit', (code, signal) => this.die(this.gone(code, signal)));
  }

  /** A fresh process, nothing loaded. */
  static start(text: UserProtocolText): Promise<Sandbox> {
    return Promise.resolve(new Sandbox(text.file));
  }

  /** A fresh process with the protocol loaded. */
  static async open(text: UserProtocolText): Promise<Sandbox> {
    const sandbox = new Sandbox(text.file);
    try {
      await sandbox.ask('load', text);
    } catch (error) {
      sandbox.close();
      throw error;
    }
    return sandbox;
  }

  /** One question in a process of its own. */
  static async once<N extends QuestionName>(
    text: UserProtocolText,
    name: N,
    question: Questions[N][0],
  ): Promise<Questions[N][1]> {
    const sandbox = await Sandbox.open(text);
    try {
      return await sandbox.ask(name, question);
    } finally {
      sandbox.close();
    }
  }

  ask<N extends QuestionName>(name: N, question: Questions[N][0]): Promise<Questions[N][1]> {
    return new Promise((resolve, reject) => {
      if (this.dead !== null) {
        reject(this.dead);
        return;
      }
      this.pending = { resolve: resolve as (answer: unknown) => void, reject };
      this.send({ kind: 'ask', name, question } as ToSandbox);
    });
  }

  send(message: ToSandbox): void {
    if (this.dead !== null || !this.child.connected) return;
    this.child.send(message, (error) => {
      if (error !== null) this.die(error);
    });
  }

  /** At once: nothing in that process is worth waiting for. */
  close(): void {
    this.die(new ProtocolFault('threw', this.file, '', 'its process was ended'));
    this.child.kill('SIGKILL');
  }

  private hear(message: FromSandbox): void {
    switch (message.kind) {
      case 'port':
        this.onPort(ownBuffers(message.message));
        return;
      case 'progress':
        this.onProgress(message.now);
        return;
      case 'answer':
        this.settle()?.resolve(message.answer);
        return;
      case 'fault': {
        const { kind, file, at, what } = message.fault;
        this.settle()?.reject(new ProtocolFault(kind, file, at, what));
        return;
      }
      case 'refused':
        this.settle()?.reject(failureFromWire(message.failure));
        return;
      case 'failed':
        this.settle()?.reject(new Error(message.message));
    }
  }

  private settle(): Pending | null {
    const { pending } = this;
    this.pending = null;
    return pending;
  }

  private gone(code: number | null, signal: string | null): Error {
    // V8 gives up with an abort when one allocation exceeds its limit.
    if (signal !== null && signal !== 'SIGKILL')
      return new ProtocolFault('memory', this.file, '', `its process ended with ${signal}: out of memory`);
    return new Error(`the process of protocol ${this.file} ended (${signal ?? code})`);
  }

  private die(why: Error): void {
    this.dead ??= why;
    this.settle()?.reject(this.dead);
  }
}

/**
 * What came through the pipe is a view of the whole message, and posting a view to another thread copies all that it is a
 * view of: each gets its own memory first.
 */
function ownBuffers(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    if (value instanceof DataView) return value;
    return value instanceof Uint8Array ? new Uint8Array(value) : (value as Float64Array).slice();
  }
  if (Array.isArray(value)) return value.map(ownBuffers);
  if (typeof value !== 'object' || value === null || value instanceof ArrayBuffer) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, ownBuffers(part)]));
}
