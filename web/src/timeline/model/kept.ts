// What is made of a lane is kept for the next frame: a pan asks for the same again, at the few finenesses that a frame tries.

const MOST = 6;

export class Kept<K extends object, V> {
  private readonly made = new WeakMap<K, Map<number, V>>();

  /** @param each how many buckets go together */
  of(key: K, each: number, make: () => V): V {
    let own = this.made.get(key);
    if (own === undefined) {
      own = new Map();
      this.made.set(key, own);
    }
    const known = own.get(each);
    if (known !== undefined) return known;
    if (own.size >= MOST) own.clear();
    const fresh = make();
    own.set(each, fresh);
    return fresh;
  }
}
