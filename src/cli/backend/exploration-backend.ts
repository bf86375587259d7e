// Explorations for commands where a server owns the data folder: it searches, this process asks how far it is.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExplorationProgress } from '../../explorations/exploration.js';
import type { ExplorationView } from '../../explorations/exploration.service.js';
import type { ExplorationRequest } from '../../explorations/exploration-request.js';
import type { AskServer } from './sweep-backend.js';

const FIRST_POLL_MS = 25;
const LONGEST_POLL_MS = 500;
const OPEN: ReadonlySet<string> = new Set(['queued', 'running']);

export class ServerExplorations {
  constructor(private readonly ask: AskServer) {}

  /** Its id. */
  async start(request: ExplorationRequest): Promise<string> {
    // A server keeps checkpoints in any case; left out of the text is what is not set.
    const { userLitmus, litmus, ...rest } = request;
    const body = { ...rest, litmus: userLitmus ?? litmus, goesOn: undefined };
    return ((await (await this.ask('/explorations', body)).json()) as { readonly id: string }).id;
  }

  async get(id: string): Promise<ExplorationView> {
    return (await (await this.ask(`/explorations/${id}`)).json()) as ExplorationView;
  }

  /** Asks at growing intervals until it has ended. @param cancelling true: it is stopped */
  async ended(
    id: string,
    progress: (now: ExplorationProgress) => void,
    cancelling: () => boolean,
  ): Promise<ExplorationView> {
    let stopped = false;
    for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(LONGEST_POLL_MS, waitMs * 2)) {
      const view = await this.get(id);
      if (!OPEN.has(view.state)) return view;
      if (view.progress !== null) progress(view.progress);
      if (cancelling() && !stopped) {
        stopped = true;
        await this.ask(`/jobs/${id}/cancel`, {});
      }
      await sleep(waitMs);
    }
  }
}
