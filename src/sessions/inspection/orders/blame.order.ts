// Who changed a field; why a thread waited; the critical path between two positions.
import { type CriticalPathAnswer, criticalPath } from '../../../core/causality/critical-path.js';
import { type Wait, waitOf } from '../../../core/causality/waits.js';
import { type Blame, blame } from '../../../core/projections/blame/blame.js';
import { stageAt, stagesOf } from '../../../core/run/fork-stages.js';
import { order } from '../order.js';
import { sessionHistory } from '../session-history.js';
import { positionOf, type When } from '../when.js';

export interface BlameOrderRequest {
  readonly sessionId: string;
  readonly path: string;
  readonly when: When;
  readonly all: boolean;
  readonly limit?: number | undefined;
}

export const blameOrder = order({ long: false }, (request: BlameOrderRequest, context): Blame => {
  const { sessionId, path, when, all, limit } = request;
  const history = sessionHistory(sessionId, context);
  const at = positionOf(when, history.past.session, context.reader);
  return blame(history, { path, at, all, ...(limit === undefined ? {} : { limit }) });
});

export interface WaitOrderRequest {
  readonly sessionId: string;
  readonly thread: string;
  readonly when: When;
}

export const waitOrder = order({ long: false }, (request: WaitOrderRequest, context): Wait => {
  const history = sessionHistory(request.sessionId, context);
  const at = positionOf(request.when, history.past.session, context.reader);
  return waitOf(history, { thread: request.thread, at });
});

export interface CriticalPathOrderRequest {
  readonly sessionId: string;
  readonly from: number;
  readonly to: number;
  readonly limit?: number | undefined;
}

export const criticalPathOrder = order(
  { long: true },
  (request: CriticalPathOrderRequest, context): CriticalPathAnswer => {
    const { sessionId, from, to, limit } = request;
    const history = sessionHistory(sessionId, context);
    const { manifest } = history.past.session;
    const stage = stagesOf(manifest)[stageAt(manifest.forks ?? [], to)]!;
    const serialTime = stage.scheduler !== 'timed';
    return criticalPath(history, { from, to, serialTime, ...(limit === undefined ? {} : { limit }) });
  },
);
