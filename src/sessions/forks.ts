// Makes forks, and shows the tree that sessions and their forks are. A plain class: the server and the command line use it
// alike. An inspection thread finds the fork point and tries what is asked for there; then the fork is stored and started.
import type { z } from 'zod';
import { MAX_TREE_SESSIONS } from '../config/limits.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { ForkChanges } from '../core/run/fork.js';
import { resolveCommand } from '../core/scenarios/live/resolve.js';
import type { EventStore, SessionExtra } from '../store/event-store.port.js';
import type { SessionRecord } from '../store/session.js';
import { isStoreError } from '../store/store.errors.js';
import type { sessionTree, treeNode } from './fork.schemas.js';
import type { InspectionService } from './inspection.service.js';
import type { SessionRunner } from './runner/session-runner.js';
import { forkViews, sessionView } from './session.view.js';

const LIST_PAGE = 200;

export type SessionTree = z.output<typeof sessionTree>;
export type TreeNode = z.output<typeof treeNode>;

export interface ForkRequest {
  readonly at: number;
  readonly changes: ForkChanges;
}

export class Forks {
  constructor(
    private readonly store: EventStore,
    private readonly runner: SessionRunner,
    private readonly inspections: InspectionService,
    /** The text of a protocol that a user brought, by id; null: there is none of that id. */
    private readonly textOf: (id: string) => UserProtocolText | null = () => null,
  ) {}

  /** The fork, on its way; with a command it resolves as a command does. */
  async create(
    sessionId: string,
    { at, changes }: ForkRequest,
    extra: Omit<SessionExtra, 'state' | 'parent'> = {},
  ): Promise<SessionRecord> {
    const text = changes.protocol === undefined ? null : this.textOf(changes.protocol);
    const asked = text === null ? changes : { ...changes, userProtocol: text };
    const point = await this.inspections.ask('fork', { sessionId, at, changes: asked });
    const { position } = point;
    const parent = { sessionId, position };
    if (changes.command === undefined) return await this.runner.fork(point, { ...extra, parent });
    const fork = await this.runner.fork(point, { ...extra, parent }, 'paused');
    // The same idempotency key may have given a fork that has had its command.
    if (fork.state !== 'paused' || fork.progress !== null) return fork;
    return await this.runner.command(fork.id, position, resolveCommand(changes.command));
  }

  /** The tree that the session is part of, from the oldest ancestor that is known. */
  async tree(sessionId: string): Promise<SessionTree> {
    const root = await this.rootOf(await this.store.getSession(sessionId));
    const nodes: TreeNode[] = [];
    const open: { readonly id: string; readonly depth: number }[] = [{ id: root, depth: 0 }];
    while (open.length > 0 && nodes.length < MAX_TREE_SESSIONS) {
      const { id, depth } = open.pop()!;
      nodes.push(nodeOf(id, await this.find(id), depth));
      // The last one is looked at next: the oldest fork.
      for (const fork of await this.forksOf(id)) open.push({ id: fork, depth: depth + 1 });
    }
    return { root, nodes, complete: open.length === 0 };
  }

  private async rootOf(session: SessionRecord): Promise<string> {
    let at: SessionRecord = session;
    while (at.parent !== null) {
      const above = await this.find(at.parent.sessionId);
      if (above === null) return at.parent.sessionId;
      at = above;
    }
    return at.id;
  }

  /** Newest first. */
  private async forksOf(parent: string): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.store.listSessions({
        limit: LIST_PAGE,
        parent,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const { id } of page.sessions) found.push(id);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && found.length < MAX_TREE_SESSIONS);
    return found;
  }

  private async find(id: string): Promise<SessionRecord | null> {
    try {
      return await this.store.getSession(id);
    } catch (error) {
      if (isStoreError(error, 'session_not_found')) return null;
      throw error;
    }
  }
}

function nodeOf(id: string, session: SessionRecord | null, depth: number): TreeNode {
  if (session === null) {
    const nothing = { kind: null, state: null, name: null, protocol: null, outcome: null };
    const figures = { events: null, findings: null, digest: null };
    return { id, depth, parent: null, deleted: true, fork: null, ...nothing, ...figures };
  }
  const { state, name, protocol, outcome, events, findings, digest } = sessionView(session);
  const { kind, parent, manifest } = session;
  const edge = parent === null ? undefined : forkViews(manifest).at(-1);
  return {
    id,
    depth,
    parent: parent?.sessionId ?? null,
    deleted: false,
    fork: edge === undefined ? null : { ...edge, changes: { ...edge.changes } },
    kind,
    state,
    name,
    protocol,
    outcome,
    events,
    findings,
    digest,
  };
}
