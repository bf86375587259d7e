// Cells of a sweep under a protocol that a user brought. One process for many cells, and the text is evaluated anew for each:
// what a module keeps in variables of its own does not get from one cell to the next.
import { BadInput, ProtocolFault } from '../core/base/errors.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { Manifest } from '../core/run/contract.js';
import { type SweepRequest, sweepConstants, type UserOfSweep } from '../core/sweeps/plan.js';
import type { CellResult } from '../core/sweeps/table.js';
import { protocolIdOf } from './read-protocol.js';
import { Sandbox } from './sandbox.js';

export class SandboxedCells {
  private sandbox: Sandbox | null = null;
  private ended = false;

  /** Null: it was told to stop. Whatever the protocol does is the cell's result. */
  async run(manifest: Manifest): Promise<CellResult | null> {
    try {
      this.sandbox ??= await Sandbox.start(manifest.userProtocol!);
      await this.sandbox.ask('load', manifest.userProtocol!);
      return await this.sandbox.ask('cell', manifest);
    } catch (error) {
      this.sandbox?.close();
      this.sandbox = null;
      if (this.ended) return null;
      if (!(error instanceof ProtocolFault)) throw error;
      return { outcome: 'failed', reason: error.message, fullDigest: '', values: null, sessionId: null };
    }
  }

  end(): void {
    this.ended = true;
    this.sandbox?.close();
  }
}

/** The request with the protocols that users brought, linked. Throws ProtocolFault. */
export async function withUsers(
  request: SweepRequest,
  textOf: (id: string) => UserProtocolText | null,
): Promise<SweepRequest> {
  const users: Record<string, UserOfSweep> = {};
  for (const id of request.protocols) {
    const text = textOf(id);
    if (text !== null) users[id] = await linked(text, request);
  }
  return Object.keys(users).length === 0 ? request : { ...request, users };
}

async function linked(text: UserProtocolText, request: SweepRequest): Promise<UserOfSweep> {
  const digests: Record<string, string> = {};
  const sandbox = await Sandbox.open(text);
  try {
    for (const constants of sweepConstants(request))
      digests[JSON.stringify(constants)] = await sandbox.ask('link', {
        constants,
        protocol: protocolIdOf(text.file),
      });
  } finally {
    sandbox.close();
  }
  return { text, digests };
}

/** A manifest may bring texts; a server runs those that its folder has. */
export function refuseForeignTexts(
  protocols: readonly { readonly id: string; readonly user?: UserOfSweep | undefined }[],
  textOf: (id: string) => UserProtocolText | null,
): void {
  for (const { id, user } of protocols) {
    if (user === undefined || textOf(id)?.digest === user.text.digest) continue;
    throw new BadInput(
      'user-protocol',
      `the manifest brings a text of protocol ${id} which is not that of the server's folder; expected the same text there`,
    );
  }
}
