// Evaluates the text of a user's protocol in a context of its own, in which whatever would make a run depend on something
// else than its manifest throws. Runs in the sandbox's worker only.
import { createContext, runInContext, SourceTextModule } from 'node:vm';
import { errorText, ProtocolFault } from '../core/base/errors.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import { type TakenIn, takeIn, type Watch } from '../core/protocols/user-protocol.js';

/** Not there at all in a new context; named so that the error says why. */
const HOST = [
  'process',
  'require',
  'module',
  'global',
  'Buffer',
  'performance',
  'fetch',
  'WebSocket',
  'Worker',
  'crypto',
  'navigator',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'structuredClone',
];
/** The language's own: the clock, the locale, memory outside of the heap that is limited, other threads, code from text. */
const LANGUAGE = [
  'Date',
  'Intl',
  'WebAssembly',
  'SharedArrayBuffer',
  'ArrayBuffer',
  'Atomics',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'WeakRef',
  'FinalizationRegistry',
  'Function',
  'eval',
];

/** Throws ProtocolFault. Two instances, each in a context of its own: the second one shows what the first one keeps. */
export async function loadUserProtocol(text: UserProtocolText, watch: Watch): Promise<TakenIn> {
  const second = takeIn(text.file, await evaluated(text));
  return takeIn(text.file, await evaluated(text), watch, second.own);
}

/** The module's default export. */
async function evaluated({ file, text }: UserProtocolText): Promise<unknown> {
  const forbid = (name: string): never => {
    throw new ProtocolFault(
      'forbidden',
      file,
      '',
      `${name} is not there for a protocol: a run depends on its manifest alone`,
    );
  };
  // What a step leaves in a global is no part of the machine's state: a snapshot, a fork or a replay would not have it.
  let begun = false;
  const keepOut = (name: string | symbol): void => {
    if (begun && typeof name === 'string')
      throw new ProtocolFault(
        'forbidden',
        file,
        '',
        `globalThis.${name} is set: only the locals that a procedure declares keep anything`,
      );
  };
  const globals = new Proxy(Object.create(null) as object, {
    set: (target, name, value) => {
      keepOut(name);
      return Reflect.set(target, name, value);
    },
    defineProperty: (target, name, descriptor) => {
      keepOut(name);
      return Reflect.defineProperty(target, name, descriptor);
    },
  });
  const context = createContext(globals, { codeGeneration: { strings: false, wasm: false } });
  const math = runInContext('Math', context) as typeof Math;
  Object.defineProperty(math, 'random', { value: () => forbid('Math.random') });
  const inside = runInContext('globalThis', context) as object;
  for (const name of [...HOST, ...LANGUAGE])
    Object.defineProperty(inside, name, { get: () => forbid(name), configurable: false });

  const noImport = (specifier: string): never => forbid(`import of "${specifier}"`);
  try {
    const module = new SourceTextModule(text, {
      context,
      identifier: file,
      importModuleDynamically: noImport,
      initializeImportMeta: () => undefined,
    });
    await module.link(noImport);
    begun = true;
    await module.evaluate();
    return (module.namespace as { readonly default?: unknown }).default;
  } catch (error) {
    if (error instanceof ProtocolFault) throw error;
    throw new ProtocolFault('threw', file, '', `${errorText(error)}${lineOf(file, error)}`);
  }
}

/** Where in the file, from the first line of the stack that names it. */
function lineOf(file: string, error: unknown): string {
  const { stack } = (error ?? {}) as { readonly stack?: unknown };
  if (typeof stack !== 'string') return '';
  const at = stack.indexOf(`${file}:`);
  const line = /^\d+/.exec(at < 0 ? '' : stack.slice(at + file.length + 1));
  return line === null ? '' : ` (line ${line[0]})`;
}
