/**
 * Names as values of a label. A name that users or models choose can be any number of names, and each would be a time
 * series that Prometheus keeps: beyond the cap they all are `other`.
 */
export class LabelCap {
  private readonly known = new Set<string>();

  constructor(private readonly max: number) {}

  of(name: string): string {
    if (this.known.has(name)) return name;
    if (this.known.size >= this.max) return 'other';
    this.known.add(name);
    return name;
  }
}
