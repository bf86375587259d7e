// A user's own kernel tree: read where it lies, never copied, stored or sent anywhere. Where it is a git repository with the
// releases' tags, a function is also held against its text in the release that a procedure was written for.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BadInput } from '../core/base/errors.js';
import { type StepBeside, stepsBeside } from '../core/c-text/beside.js';
import { type CFunction, changedLines, findFunction, meaning } from '../core/c-text/c-function.js';
import type { Procedure } from '../core/machine/procedure.js';

/** Largest C file that is read. */
const SOURCE_BYTES_MAX = 4 * 1024 * 1024;
/** Where KVM's functions have lived; searched when a file of a procedure does not define its function any more. */
const FOLDERS = [
  'arch/x86/kvm/mmu',
  'arch/x86/kvm',
  'arch/x86/kvm/vmx',
  'arch/x86/kvm/svm',
  'virt/kvm',
  'mm',
  'include/linux',
];
const GIT_TIMEOUT_MS = 10_000;

export type Comparison =
  | { readonly verdict: 'same'; readonly release: string }
  | { readonly verdict: 'differs'; readonly release: string; readonly changedLines: number }
  | { readonly verdict: 'unknown'; readonly why: string };

export interface FunctionBeside {
  readonly procedure: Procedure;
  /** Null: the tree does not define it. */
  readonly found: (CFunction & { readonly file: string }) | null;
  readonly steps: readonly StepBeside[];
  readonly comparison: Comparison;
}

export class LinuxTree {
  /** As the top Makefile says it; null: it does not say. */
  readonly release: string | null;
  private readonly files = new Map<string, string | null>();

  constructor(private readonly folder: string) {
    if (!existsSync(join(folder, 'arch/x86/kvm')) || !existsSync(join(folder, 'virt/kvm'))) {
      throw new BadInput(
        'linux-tree',
        `${folder} is no Linux tree: expected a folder with arch/x86/kvm and virt/kvm in it`,
      );
    }
    this.release = releaseOf(this.read('Makefile') ?? '');
  }

  /** @param protocol its id names the release that counts where a procedure's form was first in a mail or a commit */
  beside(procedure: Procedure, protocol: string): FunctionBeside {
    const found = this.find(procedure);
    if (found === null) {
      const why = `no file of the tree defines ${procedure.name}`;
      return { procedure, found, steps: [], comparison: { verdict: 'unknown', why } };
    }
    return {
      procedure,
      found,
      steps: stepsBeside(procedure, found),
      comparison: this.compare(procedure, found, protocol),
    };
  }

  private find({ name, head }: Procedure): FunctionBeside['found'] {
    for (const file of [head.file, ...this.candidates()]) {
      const found = findFunction(this.read(file) ?? '', name);
      if (found !== null) return { ...found, file };
    }
    return null;
  }

  private *candidates(): Generator<string> {
    for (const folder of FOLDERS) {
      const path = join(this.folder, folder);
      if (!existsSync(path)) continue;
      for (const name of readdirSync(path).sort()) if (/\.[ch]$/.test(name)) yield `${folder}/${name}`;
    }
  }

  private read(file: string): string | null {
    const known = this.files.get(file);
    if (known !== undefined) return known;
    const path = join(this.folder, file);
    const stat = statSync(path, { throwIfNoEntry: false });
    const text = stat?.isFile() === true && stat.size <= SOURCE_BYTES_MAX ? readFileSync(path, 'utf8') : null;
    this.files.set(file, text);
    return text;
  }

  private compare({ name, head }: Procedure, found: CFunction, protocol: string): Comparison {
    const release = tagIn(head.since) ?? tagIn(protocol);
    if (release === null)
      return { verdict: 'unknown', why: `it was written for ${head.since}, which no tag names` };
    const text = this.atTag(release, head.file);
    if (text === null)
      return {
        verdict: 'unknown',
        why: `the tree has no tag ${release} (git fetch --tags) to hold it against`,
      };
    const then = findFunction(text, name);
    if (then === null) return { verdict: 'unknown', why: `${head.file} of ${release} does not define it` };
    const changed = changedLines(meaning(then), meaning(found));
    return changed === 0
      ? { verdict: 'same', release }
      : { verdict: 'differs', release, changedLines: changed };
  }

  private atTag(tag: string, file: string): string | null {
    const key = `${tag}:${file}`;
    const known = this.files.get(key);
    if (known !== undefined) return known;
    let text: string | null = null;
    try {
      text = execFileSync('git', ['-C', this.folder, 'show', key], {
        encoding: 'utf8',
        maxBuffer: SOURCE_BYTES_MAX,
        timeout: GIT_TIMEOUT_MS,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch {
      // No git, no repository, no such tag or file: what is missing is said where it is asked for.
    }
    this.files.set(key, text);
    return text;
  }
}

/** A release's tag at the beginning; protocols of one stable release (`6.1.192`) have no `v`. */
function tagIn(text: string): string | null {
  const found = /^v?(\d+\.\d+(?:\.\d+)?(?:-rc\d+)?)(?![\w.])/.exec(text);
  return found === null ? null : `v${found[1]}`;
}

function releaseOf(makefile: string): string | null {
  const value = (name: string): string | undefined =>
    new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm').exec(makefile)?.[1];
  const [version, patch, sub] = [value('VERSION'), value('PATCHLEVEL'), value('SUBLEVEL')];
  if (version === undefined || patch === undefined) return null;
  return `${version}.${patch}${sub === undefined || sub === '0' ? '' : `.${sub}`}${value('EXTRAVERSION') ?? ''}`;
}
