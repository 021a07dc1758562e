/** Numbers that look random and are the same for the same text: FNV-1a over the text, then mulberry32. */
export class Seeded {
  private state: number;

  constructor(text: string) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    this.state = hash >>> 0;
  }

  /** 0 ≤ n < 1 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let n = this.state;
    n = Math.imul(n ^ (n >>> 15), n | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both bounds included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.between(0, list.length - 1)] as T;
  }

  /** `count` different items, or all where there are fewer, in the order of the list. */
  some<T>(list: readonly T[], count: number): T[] {
    const left = list.map((_, i) => i);
    while (left.length > count) left.splice(this.between(0, left.length - 1), 1);
    return left.map((i) => list[i] as T);
  }
}
