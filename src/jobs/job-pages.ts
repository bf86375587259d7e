// Pages of what jobs made: jobs themselves, sweeps, explorations. One more is asked for than the page has, to know whether there is a next.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { linkPages } from '../http/links.js';

export interface JobPageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface JobPage<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** @param list newest first, older than `before` where that is given */
export async function jobPage<T extends { readonly id: string }>(
  { limit, cursor }: JobPageQuery,
  list: (limit: number, before?: string) => Promise<T[]>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<JobPage<T>> {
  const found = await list(limit + 1, cursor);
  const items = found.slice(0, limit);
  const nextCursor = found.length > limit ? items.at(-1)!.id : null;
  linkPages(request, reply, {
    first: { cursor: null },
    next: nextCursor === null ? null : { cursor: nextCursor },
  });
  return { items, nextCursor };
}
