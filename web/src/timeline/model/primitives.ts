// What a frame of the timeline is made of. The layout makes these and nothing else, the painter draws them and decides
// nothing: so a frame can be compared as text.

/** Names of the theme's tokens, without `--`. */
export type Colour =
  | 'valid'
  | 'inval'
  | 'zap'
  | 'rcu'
  | 'freed'
  | 'guest'
  | 'host'
  | 'host2'
  | 'smm'
  | 'read'
  | 'write'
  | 'wait'
  | 'bad'
  | 'acc'
  | 't1'
  | 't2'
  | 't3'
  | 'line'
  | 'line2'
  | 'bg0'
  | 'bg1'
  | 'bg2'
  | 'bg3'
  | 'ph'
  | 'hostInk'
  | 'onFill'
  | 'validT'
  | 'invalT'
  | 'zapT'
  | 'rcuT'
  | 'freedT'
  | 'validBg'
  | 'invalBg'
  | 'zapBg'
  | 'rcuBg'
  | 'accBg'
  | 'badT'
  | 'readT';

/** The second sign of a meaning: hatch waits, stripes invalid, bars being zapped, dots wait for RCU. */
export type Pattern = 'solid' | 'hatch' | 'stripes' | 'bars' | 'dots' | 'outline';

export type Primitive =
  | {
      readonly k: 'rect';
      readonly x: number;
      readonly y: number;
      readonly w: number;
      readonly h: number;
      readonly fill: Colour;
      readonly pattern: Pattern;
    }
  | {
      readonly k: 'line';
      readonly points: readonly number[];
      readonly colour: Colour;
      readonly width: number;
      readonly dashed: boolean;
    }
  | {
      readonly k: 'text';
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly colour: Colour;
      readonly mono: boolean;
      readonly plate: Colour | null;
    }
  | {
      readonly k: 'arrow';
      readonly x1: number;
      readonly y1: number;
      readonly x2: number;
      readonly y2: number;
    };

/** Something on the timeline that can be pointed at; also the list for those who do not see the canvas. */
export interface Item {
  readonly lane: string;
  readonly name: string;
  readonly detail: string;
  readonly from: number;
  /** The first position that is not in it. */
  readonly to: number;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  /** Where it is part of a root's life: whose holders can be told at each position in it. */
  readonly root?: { readonly number: number; readonly vm: number };
}

/** An arrow of the frame: who let whom go on. */
export interface Link {
  readonly fromLane: string;
  readonly toLane: string;
  readonly from: number;
  readonly to: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface Frame {
  readonly primitives: readonly Primitive[];
  readonly items: readonly Item[];
  readonly links: readonly Link[];
}

/** A frame as text, a line a primitive: what tests compare. */
export function frameText({ primitives, items }: Pick<Frame, 'primitives' | 'items'>): string {
  const n = (value: number): string => String(Math.round(value * 10) / 10);
  const lines = primitives.map((p) => {
    switch (p.k) {
      case 'rect':
        return `rect ${n(p.x)},${n(p.y)} ${n(p.w)}x${n(p.h)} ${p.fill} ${p.pattern}`;
      case 'line':
        return `line ${p.points.map(n).join(',')} ${p.colour} ${p.width}${p.dashed ? ' dashed' : ''}`;
      case 'text':
        return `text ${n(p.x)},${n(p.y)} "${p.text}" ${p.colour}${p.mono ? ' mono' : ''}${p.plate === null ? '' : ` on ${p.plate}`}`;
      default:
        return `arrow ${n(p.x1)},${n(p.y1)} -> ${n(p.x2)},${n(p.y2)}`;
    }
  });
  return [...lines, ...items.map((i) => `item ${i.lane}: ${i.name} [${i.from}, ${i.to}) ${i.detail}`)].join(
    '\n',
  );
}
