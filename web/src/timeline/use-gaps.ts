// Where events of an imported trace are missing.
import { eventsOf } from '../api/events.js';
import { useResource } from '../api/resource.js';
import type { Gap } from './model/layout.js';

const NONE: readonly Gap[] = [];

export function useGaps(id: string, imported: boolean): readonly Gap[] {
  const { data } = useResource(imported ? `gaps ${id}` : null, async (signal) => {
    const { events } = await eventsOf(id, 'TraceGap', signal);
    return events.map(({ position, values }): Gap => {
      const lost = values['lost'] ?? -1;
      return { position, lost: lost < 0 ? null : lost };
    });
  });
  return data ?? NONE;
}
