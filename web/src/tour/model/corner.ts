// Where the tour's card stands: in the corner where it hides least of what it tells about. Pure.

export interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** In the order in which they are taken where several are as good. */
export const CORNERS = ['bottom-right', 'bottom-left', 'top-right', 'top-left'] as const;
export type Corner = (typeof CORNERS)[number];

/** From the edges of the window; the rail and the status line stay free. As in tour.css. */
const EDGES = { left: 84, right: 24, top: 56, bottom: 40 };

export function cornerBox(corner: Corner, card: Size, window: Size): Box {
  return {
    left: corner.endsWith('left') ? EDGES.left : window.width - EDGES.right - card.width,
    top: corner.startsWith('top') ? EDGES.top : window.height - EDGES.bottom - card.height,
    ...card,
  };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}

export function freeCorner(card: Size, window: Size, about: Box): Corner {
  const hidden = (corner: Corner): number => overlap(cornerBox(corner, card, window), about);
  return CORNERS.reduce((best, corner) => (hidden(corner) < hidden(best) ? corner : best));
}
