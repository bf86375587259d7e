// A WebSocket as browsers and the package `ws` both have it.
import { LiveError } from './errors.js';

export interface SocketLike {
  binaryType: string;
  send(data: string): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
}

export type SocketConstructor = new (url: string) => SocketLike;

/** The platform's own; Node 20 has none, so there the package `ws` is loaded. */
export async function platformSocket(): Promise<SocketConstructor> {
  const own = (globalThis as { readonly WebSocket?: unknown }).WebSocket;
  if (own !== undefined) return own as SocketConstructor;
  try {
    const { WebSocket } = await import('ws');
    return WebSocket as unknown as SocketConstructor;
  } catch {
    throw new LiveError('no-websocket', 'this platform has no WebSocket; give one as the option `webSocket`');
  }
}
