// The two trace forms. Rows before the range are read too: they tell which functions, locks and roots are open there.
import { ChromeSink } from '../../core/exports/chrome-json.js';
import { PerfettoSink } from '../../core/exports/perfetto.js';
import { TrackEvents, type TrackOptions } from '../../core/exports/track-events.js';
import { isTrace } from '../../core/run/trace-session.js';
import type { ExportOrder } from '../messages.js';
import type { ExportContext, Writer } from './writer.js';

/** Bytes or characters that are let gather before they are handed on. */
const BLOCK = 256 * 1024;

const INFERRED = 'inferred';

function optionsOf({ sessionId, head, names, range, part }: ExportOrder): TrackOptions {
  const { manifest } = head.session;
  const { scenario, protocol, seed } = manifest;
  const entries = names.map(({ entry }) => entry);
  const details: [string, string][] = [
    ['session', sessionId],
    ['manifest', JSON.stringify(manifest)],
    ['digest', head.progress?.digest ?? ''],
    ['positions', `${range.from} to ${range.to} of ${head.position}`],
  ];
  const recorded = isTrace(manifest);
  const sites = entries.flatMap((entry) => (entry.kind === 'site' ? [entry] : []));
  const inferred = recorded ? sites.filter(({ label }) => label.startsWith(INFERRED)) : [];
  if (recorded)
    details.push([
      'known',
      'what lines show, and what follows from them: named (inferred); locks, TLBs, host time: unknown',
    ]);
  if (part.of > 1)
    details.push([
      'one clock',
      `its ${part.origin ?? 'beginning'} at ${part.zeroNs} ns is at ${part.zeroNs + part.shiftNs} ns here; not stretched`,
    ]);
  const title = recorded ? `recording of ${protocol}` : `${scenario} under ${protocol}, seed ${seed}`;
  return {
    title: part.of > 1 ? `session ${sessionId}: ${title}` : title,
    shiftNs: part.shiftNs,
    ...(recorded ? { inferred: new Set(inferred.map(({ id }) => id)) } : {}),
    details,
    recording: manifest.recording,
    threads: new Map(
      entries.flatMap((entry) => (entry.kind === 'thread' ? [[entry.id, entry.name] as const] : [])),
    ),
    sites: recorded
      ? sites.map((site) =>
          site.label.startsWith(INFERRED) ? { ...site, function: `${site.function} (${INFERRED})` } : site,
        )
      : sites,
    from: range.from,
  };
}

/** Feeds every row up to the end of the range, and stops for breath now and then. */
async function* feed({ order, pages }: ExportContext, tracks: TrackEvents): AsyncGenerator<void> {
  for await (const rows of pages(1, order.range.to)) {
    if (rows.length > 0) tracks.take(rows, rows.length, rows.position[0]!);
    yield;
  }
  tracks.finish();
}

export const perfetto: Writer = async function* (context) {
  const sink = new PerfettoSink(context.order.part);
  for await (const _ of feed(context, new TrackEvents(sink, optionsOf(context.order)))) {
    if (sink.size >= BLOCK) yield sink.take();
  }
  yield sink.take();
};

export const chrome: Writer = async function* (context) {
  const sink = new ChromeSink(context.order.part);
  const encoder = new TextEncoder();
  for await (const _ of feed(context, new TrackEvents(sink, optionsOf(context.order)))) {
    if (sink.size >= BLOCK) yield encoder.encode(sink.take());
  }
  yield encoder.encode(sink.finish());
};
