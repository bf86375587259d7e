// The folder of protocols that a server is started with. It is read anew at each question: who edits a file sees the new one;
// sessions keep the text that they were made with.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_PROTOCOL_FILES } from '../config/limits.js';
import { BadInput, ProtocolFault } from '../core/base/errors.js';
import type { ProtocolDiff } from '../core/protocols/diff.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { ProtocolDescription } from './messages.js';
import { isProtocolFile, protocolIdOf, readUserProtocol } from './read-protocol.js';
import { Sandbox } from './sandbox.js';

/** A file of the folder: what it says, or what is wrong with it. */
export interface FolderEntry {
  readonly id: string;
  readonly file: string;
  /** Null: the file cannot be read. */
  readonly text: UserProtocolText | null;
  readonly description: ProtocolDescription | null;
  readonly fault: string | null;
}

type Described = Pick<FolderEntry, 'description' | 'fault'>;

export class ProtocolFolder {
  /** By digest of the text, newest last. */
  private readonly described = new Map<string, Promise<Described>>();

  /** @param folder null: there is none */
  constructor(private readonly folder: string | null) {}

  /** In order of name. */
  async list(): Promise<FolderEntry[]> {
    const entries: FolderEntry[] = [];
    // One process after the other.
    for (const file of this.files()) entries.push(await this.entry(file));
    return entries;
  }

  async find(id: string): Promise<FolderEntry | null> {
    const file = this.files().find((name) => protocolIdOf(name) === id);
    return file === undefined ? null : await this.entry(file);
  }

  /** The text under this id, for a new session; null: there is none. Throws what is wrong with it. */
  text(id: string): UserProtocolText | null {
    const file = this.files().find((name) => protocolIdOf(name) === id);
    return file === undefined ? null : readUserProtocol(join(this.folder!, file));
  }

  /** Where one of the two is a file of the folder: what the second changes of the first. Null: neither is. */
  async diff(from: string, to: string): Promise<ProtocolDiff | null> {
    const [before, after] = [this.text(from), this.text(to)];
    if (before !== null && after !== null) {
      throw new BadInput(
        'protocol-files',
        `one of the two must be a shipped protocol; ${from} and ${to} are both files`,
      );
    }
    if (after !== null) return await Sandbox.once(after, 'diff', { other: from, reverse: false });
    if (before !== null) return await Sandbox.once(before, 'diff', { other: to, reverse: true });
    return null;
  }

  private files(): string[] {
    if (this.folder === null) return [];
    let names: string[];
    try {
      names = readdirSync(this.folder);
    } catch (error) {
      throw new BadInput(
        'protocol-folder',
        `ROOTLINE_PROTOCOLS: ${(error as Error).message}; expected a folder`,
      );
    }
    return names.filter(isProtocolFile).sort().slice(0, MAX_PROTOCOL_FILES);
  }

  private async entry(file: string): Promise<FolderEntry> {
    const id = protocolIdOf(file);
    try {
      const text = readUserProtocol(join(this.folder!, file));
      return { id, file, text, ...(await this.describe(text)) };
    } catch (error) {
      return { id, file, text: null, description: null, fault: (error as Error).message };
    }
  }

  private describe(text: UserProtocolText): Promise<Described> {
    const key = `${text.file} ${text.digest}`;
    const known = this.described.get(key);
    if (known !== undefined) return known;
    const described = Sandbox.once(text, 'describe', null).then(
      (description): Described => ({ description, fault: null }),
      (error: unknown): Described => {
        // A limit may have been met because the machine was busy: it is tried again.
        if (!(error instanceof ProtocolFault) || error.kind === 'time') this.described.delete(key);
        return { description: null, fault: (error as Error).message };
      },
    );
    this.described.set(key, described);
    for (const oldest of this.described.keys()) {
      if (this.described.size <= 2 * MAX_PROTOCOL_FILES) break;
      this.described.delete(oldest);
    }
    return described;
  }
}
