// Draws the primitives of a frame on a canvas with the colours of the theme. It decides nothing: see model/layout.
import type { Colour, Frame, Pattern, Primitive } from './model/primitives.js';
import type { Related } from './model/related.js';

const FONT = '10px "JetBrains Mono", ui-monospace, monospace';
/** What does not belong to the thing that is pointed at stays to be seen. */
const DIMMED = 0.6;
const UI_FONT = '10.5px "Inter", system-ui, sans-serif';

type Fill = string | CanvasPattern;

/** Colours and patterns of one theme. */
export class Paints {
  private readonly colours = new Map<Colour, string>();
  private readonly patterns = new Map<string, Fill>();
  private readonly style = getComputedStyle(document.documentElement);

  colour(name: Colour): string {
    let value = this.colours.get(name);
    if (value === undefined) {
      value = this.style.getPropertyValue(`--${name}`).trim();
      this.colours.set(name, value);
    }
    return value;
  }

  fill(context: CanvasRenderingContext2D, name: Colour, pattern: Pattern): Fill {
    if (pattern === 'solid' || pattern === 'outline') return this.colour(name);
    const key = `${name} ${pattern}`;
    let value = this.patterns.get(key);
    if (value === undefined) {
      value = this.made(context, name, pattern);
      this.patterns.set(key, value);
    }
    return value;
  }

  private made(context: CanvasRenderingContext2D, name: Colour, pattern: Pattern): Fill {
    const size = 6;
    const tile = document.createElement('canvas');
    tile.width = size;
    tile.height = size;
    const t = tile.getContext('2d');
    if (t === null) return this.colour(name);
    const back = pattern === 'hatch' || pattern === 'dots' ? this.colour('bg2') : this.colour(name);
    t.fillStyle = back;
    t.fillRect(0, 0, size, size);
    t.strokeStyle = pattern === 'hatch' ? this.colour(name) : this.colour('bg0');
    t.globalAlpha = pattern === 'hatch' || pattern === 'dots' ? 1 : 0.4;
    t.lineWidth = 1.4;
    t.beginPath();
    if (pattern === 'bars') {
      t.moveTo(1, 0);
      t.lineTo(1, size);
      t.moveTo(4, 0);
      t.lineTo(4, size);
    } else if (pattern === 'dots') {
      t.fillStyle = this.colour(name);
      t.arc(3, 3, 1.5, 0, 2 * Math.PI);
      t.fill();
    } else {
      for (const from of [-size, 0, size]) {
        t.moveTo(from, size);
        t.lineTo(from + size, 0);
      }
    }
    t.stroke();
    return context.createPattern(tile, 'repeat') ?? back;
  }
}

/** Sets the canvas to its size on the screen; true where that cleared it. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): number {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  return ratio;
}

export function paint(
  canvas: HTMLCanvasElement,
  frame: Frame,
  paints: Paints,
  width: number,
  height: number,
  lit: Related | null = null,
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const ratio = fitCanvas(canvas, width, height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = paints.colour('bg1');
  context.fillRect(0, 0, width, height);
  all(context, frame, paints);
  if (lit === null) return;
  context.globalAlpha = DIMMED;
  context.fillStyle = paints.colour('bg1');
  context.fillRect(0, 0, width, height);
  context.globalAlpha = 1;
  context.save();
  context.beginPath();
  for (const { x, y, w, h } of lit.items) context.rect(x - 0.5, y - 0.5, w + 1, h + 1);
  context.clip();
  all(context, frame, paints);
  context.restore();
  for (const link of lit.links) arrow(context, link, paints);
}

function all(context: CanvasRenderingContext2D, frame: Frame, paints: Paints): void {
  let font = '';
  for (const p of frame.primitives) {
    if (p.k === 'rect') rect(context, p, paints);
    else if (p.k === 'text') {
      const wanted = p.mono ? FONT : UI_FONT;
      if (wanted !== font) {
        context.font = wanted;
        font = wanted;
      }
      text(context, p, paints);
    } else if (p.k === 'line') line(context, p, paints);
    else arrow(context, p, paints);
  }
}

type Of<K extends Primitive['k']> = Extract<Primitive, { readonly k: K }>;

function rect(context: CanvasRenderingContext2D, p: Of<'rect'>, paints: Paints): void {
  if (p.pattern === 'outline') {
    context.strokeStyle = paints.colour(p.fill);
    context.lineWidth = 1;
    context.setLineDash([]);
    context.strokeRect(p.x + 0.5, p.y + 0.5, Math.max(0, p.w - 1), Math.max(0, p.h - 1));
    return;
  }
  context.fillStyle = paints.fill(context, p.fill, p.pattern);
  context.fillRect(p.x, p.y, p.w, p.h);
}

function text(context: CanvasRenderingContext2D, p: Of<'text'>, paints: Paints): void {
  if (p.plate !== null) {
    const { width } = context.measureText(p.text);
    context.fillStyle = paints.colour(p.plate);
    context.fillRect(p.x - 2, p.y - 9, width + 4, 12);
  }
  context.fillStyle = paints.colour(p.colour);
  context.fillText(p.text, p.x, p.y);
}

function line(context: CanvasRenderingContext2D, p: Of<'line'>, paints: Paints): void {
  context.strokeStyle = paints.colour(p.colour);
  context.lineWidth = p.width;
  context.setLineDash(p.dashed ? [4, 3] : []);
  context.beginPath();
  context.moveTo(p.points[0], p.points[1]);
  for (let i = 2; i < p.points.length; i += 2) context.lineTo(p.points[i], p.points[i + 1]);
  context.stroke();
}

function arrow(
  context: CanvasRenderingContext2D,
  { x1, y1, x2, y2 }: Omit<Of<'arrow'>, 'k'>,
  paints: Paints,
): void {
  context.strokeStyle = paints.colour('acc');
  context.fillStyle = paints.colour('acc');
  context.lineWidth = 1;
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(x1, y1);
  const bend = Math.min(40, Math.abs(x2 - x1) / 2 + 6);
  context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2 - 3, y2);
  context.stroke();
  context.beginPath();
  context.moveTo(x2, y2);
  context.lineTo(x2 - 5, y2 - 3);
  context.lineTo(x2 - 5, y2 + 3);
  context.fill();
}
