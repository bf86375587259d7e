// Link headers of lists (RFC 8288): the request's own address with other values in its query.
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Query values that differ from the request's; null leaves one out. */
export type PageAddress = Readonly<Record<string, string | number | null>>;

export interface PageLinks {
  readonly first?: PageAddress;
  readonly prev?: PageAddress | null;
  readonly next?: PageAddress | null;
}

export function linkPages({ url }: FastifyRequest, reply: FastifyReply, links: PageLinks): void {
  const texts = Object.entries(links).flatMap(([rel, address]: [string, PageAddress | null]) =>
    address === null ? [] : [`<${addressOf(url, address)}>; rel="${rel}"`],
  );
  if (texts.length > 0) void reply.header('link', texts.join(', '));
}

function addressOf(url: string, differs: PageAddress): string {
  const [path = '', query = ''] = url.split('?', 2);
  const values = new URLSearchParams(query);
  for (const [name, value] of Object.entries(differs)) {
    if (value === null) values.delete(name);
    else values.set(name, String(value));
  }
  const text = values.toString();
  return text === '' ? path : `${path}?${text}`;
}
