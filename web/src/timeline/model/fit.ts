// Names on slices. All are set in a font whose letters have one width, so that whether a name fits is arithmetic. Long kernel
// names lose whole words from the front: the prefix is shared, the tail tells them apart.

/** Of the canvas font, 10 px. */
export const LETTER_PX = 6;
const PAD = 4;

/** What fits into `width`; empty when nothing does. */
export function fitName(name: string, width: number): string {
  const room = Math.floor((width - PAD) / LETTER_PX);
  if (room < 3) return '';
  if (name.length <= room) return name;
  for (let i = name.indexOf('_'); i >= 0; i = name.indexOf('_', i + 1)) {
    const tail = `…${name.slice(i + 1)}`;
    if (tail.length <= room && tail.length > 2) return tail;
  }
  return room >= 5 ? `${name.slice(0, room - 1)}…` : '';
}
