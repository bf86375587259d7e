// A scene tells of a stretch what happened in it, wherever it is cut: the spans of two halves joined are those of the whole.
import { describe, expect, test } from 'vitest';
import type { SceneView } from '../../../src/core/scene/scene.js';
import { scenesOf } from '../../support/scenes.js';

interface Span {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

/** Every span with what it is, in words that do not depend on where the scene was cut. */
function spansOf(scene: SceneView): Span[] {
  const spans: Span[] = [];
  const add = (name: string, flat: readonly number[], width: number, what: (at: number) => string): void => {
    for (let i = 0; i < flat.length; i += width) {
      spans.push({ what: `${name} ${what(i)}`, from: flat[i + width - 2], to: flat[i + width - 1] });
    }
  };
  for (const { name, slices, waits, modes } of scene.threads) {
    add(name, slices, 4, (i) => `${scene.functions[slices[i]]} depth ${slices[i + 1]}`);
    add(name, waits, 4, (i) => `waits ${waits[i]} ${waits[i + 1]}`);
    add(name, modes, 3, (i) => `mode ${modes[i]}`);
  }
  for (const { root, states } of scene.roots) add(`root ${root}`, states, 3, (i) => `state ${states[i]}`);
  for (const { name, holds, waits } of scene.locks) {
    add(name, holds, 4, (i) => `held ${holds[i]} ${holds[i + 1]}`);
    add(name, waits, 4, (i) => `waited ${waits[i]} ${waits[i + 1]}`);
  }
  return spans;
}

/** Spans that end where the next one of the same thing begins, at the cut, are one. */
function joined(spans: readonly Span[], cut: number): string[] {
  const ends = new Map<string, Span>();
  const out: Span[] = [];
  for (const span of spans) {
    if (span.to === cut) ends.set(span.what, span);
  }
  for (const span of spans) {
    if (span.to === cut && spans.some(({ what, from }) => from === cut && what === span.what)) continue;
    const before = span.from === cut ? ends.get(span.what) : undefined;
    out.push(before === undefined ? span : { ...span, from: before.from });
  }
  return out.map(({ what, from, to }) => `${what} [${from}, ${to})`).sort((a, b) => (a < b ? -1 : 1));
}

describe('a scene', () => {
  const requests = [
    { scenario: 'smi', protocol: 'v5.18', seed: 1 },
    { scenario: 'memslot', protocol: 'v6.4', seed: 3 },
    { scenario: 'destroy-race', protocol: 'seed-draft', seed: 13, scheduler: 'random' },
  ] as const;
  test.each(requests)('$scenario under $protocol is the same in one piece and in two', (request) => {
    const scenes = scenesOf(request);
    const to = Math.min(scenes.length, 4_000);
    const whole = scenes.scene(1, to);
    expect(spansOf(whole).length).toBeGreaterThan(100);
    for (const cut of [2, 137, Math.floor(to / 3), Math.floor(to / 2), to - 1]) {
      const halves = [...spansOf(scenes.scene(1, cut - 1)), ...spansOf(scenes.scene(cut, to))];
      expect(joined(halves, cut), `cut at ${cut}`).toEqual(joined(spansOf(whole), cut));
    }
  });

  test('a root is born, counted, invalidated, zapped, kept for RCU and freed; arrows join threads', () => {
    const scene = scenesOf(requests[0]).scene(1, 4_000);
    const [first] = scene.roots;
    expect(first).toMatchObject({ root: 1, born: expect.any(Number), freed: null });
    expect(first.states.filter((_, i) => i % 3 === 0)).toEqual([0, 1, 2, 1, 3]);
    expect(first.counts.filter((_, i) => i % 2 === 1)).toContain(0);
    const threads = new Set<string>();
    for (let i = 0; i < scene.arrows.length; i += 3) {
      const [from, to] = [scene.arrows[i + 1], scene.arrows[i + 2]];
      expect(from).toBeLessThan(to);
      expect(scene.threadOf[from - 1]).not.toBe(scene.threadOf[to - 1]);
      threads.add(scene.arrowKinds[scene.arrows[i]]);
    }
    expect(threads).toContain('lock');
    expect(threads).toContain('work');
  });
});
