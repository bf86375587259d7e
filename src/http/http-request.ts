// Requests as Node hands them on, but for one thing: only a WebSocket handshake leaves HTTP. Once a server takes
// upgrades, Node takes every request with an `Upgrade` header for one; others, such as the h2c of `curl --http2`, ask for
// something that this server does not have, and get the ordinary answer (RFC 9110, 7.8).
import { IncomingMessage } from 'node:http';

export class HttpRequest extends IncomingMessage {
  private upgradeAsked = false;

  // Node sets it when it has read the headers, and reads it to choose between the events `request` and `upgrade`.
  set upgrade(asked: boolean) {
    this.upgradeAsked = asked;
  }

  get upgrade(): boolean {
    return this.upgradeAsked && this.headers.upgrade?.toLowerCase() === 'websocket';
  }
}
