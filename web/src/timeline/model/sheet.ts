// Where lanes draw: collects the primitives and items of one frame, in screen coordinates.
import type { Colour, Item, Link, Pattern, Primitive } from './primitives.js';
import type { Window } from './window.js';

/** Where a position stands on the axis, in the unit of the window: at itself, or at its virtual time. Never falls. */
export type Place = (position: number) => number;

const ITSELF: Place = (position) => position;

export class Sheet {
  readonly primitives: Primitive[] = [];
  readonly items: Item[] = [];
  readonly links: Link[] = [];
  private readonly scale: number;

  constructor(
    private readonly window: Window,
    readonly width: number,
    readonly height: number,
    /** Narrower things are left out, or joined. */
    readonly finest: number,
    private readonly place: Place = ITSELF,
  ) {
    this.scale = width / (window.to - window.from);
  }

  x(position: number): number {
    return (this.place(position) - this.window.from) * this.scale;
  }

  /** Pixels from one position to another. */
  wide(from: number, to: number): number {
    return (this.place(to) - this.place(from)) * this.scale;
  }

  sees(from: number, to: number): boolean {
    const start = this.place(from);
    if (start >= this.window.to) return false;
    // On a clock a stretch may have no width.
    return start >= this.window.from || this.place(to) > this.window.from;
  }

  rect(x: number, y: number, w: number, h: number, fill: Colour, pattern: Pattern = 'solid'): void {
    const left = Math.max(-2, x);
    const right = Math.min(this.width + 2, x + w);
    if (right <= left) return;
    this.primitives.push({ k: 'rect', x: left, y, w: right - left, h, fill, pattern });
  }

  line(points: readonly number[], colour: Colour, width = 1, dashed = false): void {
    this.primitives.push({ k: 'line', points, colour, width, dashed });
  }

  text(x: number, y: number, text: string, colour: Colour, plate: Colour | null = null, mono = true): void {
    this.primitives.push({ k: 'text', x, y, text, colour, mono, plate });
  }

  arrow(link: Link): void {
    const { x1, y1, x2, y2 } = link;
    this.primitives.push({ k: 'arrow', x1, y1, x2, y2 });
    this.links.push(link);
  }

  item(item: Item): void {
    this.items.push(item);
  }
}
