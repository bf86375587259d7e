// A short stretch of a session as it is drawn: slices, lives of roots, holders of locks, arrows.
import { BadInput } from '../../../core/base/errors.js';
import { MAX_SCENE_ROWS, type SceneView, sceneOf } from '../../../core/scene/scene.js';
import { order } from '../order.js';
import { sessionPast } from '../session-past.js';
import { checkPosition } from '../when.js';

export interface SceneRequest {
  readonly sessionId: string;
  readonly from: number;
  readonly to: number;
}

const FORM = { long: false, json: true };

export const sceneOrder = order(FORM, ({ sessionId, from, to }: SceneRequest, context): SceneView => {
  const past = sessionPast(sessionId, context);
  checkPosition(from, past.session);
  checkPosition(to, past.session);
  if (from > to || to - from >= MAX_SCENE_ROWS) {
    const expected = `from <= to < from + ${MAX_SCENE_ROWS}`;
    throw new BadInput('scene-range', `no scene from ${from} to ${to}; expected ${expected}`, [expected]);
  }
  past.moveTo(from - 1);
  const { rows } = context.reader.rows(sessionId, { from, to, limit: MAX_SCENE_ROWS });
  const sites = past.names.sites.flatMap((site, id) => (site === undefined ? [] : [{ id, ...site }]));
  return sceneOf(past.moment, sites, rows, rows.length, from);
});
