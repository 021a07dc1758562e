/** Writes, and keeps back what is written while a question stands on the terminal. */
export class LineWriter {
  private kept: string[] | undefined;

  constructor(private readonly stream: NodeJS.WritableStream) {}

  write(text: string): void {
    if (this.kept) this.kept.push(text);
    else this.stream.write(text);
  }

  pause(): void {
    this.kept ??= [];
  }

  resume(): void {
    const { kept } = this;
    this.kept = undefined;
    if (kept?.length) this.stream.write(kept.join(''));
  }
}
