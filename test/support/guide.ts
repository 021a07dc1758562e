/**
 * A guide, whose blocks a reader would paste one after the other. `<!-- check: … -->` before each says how it is run:
 *
 * - `start`: commands that end with `npm start`; the service is run with the environment that they give it;
 * - `save <file>`: a file that is saved in the folder where the commands are run;
 * - `shell <name>`: commands, pasted into one terminal in their order;
 * - `module <file>`: a file of a Nest app, which `main.ts` starts; shown again, it takes the place of the one before;
 * - `told <name>`: JSON values that the commands of that name wrote, in this order and with other members and values between
 *   them; `…` stands for any text;
 * - `none (why)`: not run.
 */
import { expect } from '@jest/globals';
import { type Block, MarkdownPage } from './markdown.js';
import { type SourceFile } from './pasted-app.js';

const KINDS = ['start', 'save', 'shell', 'module', 'told', 'none'];

export class Guide extends MarkdownPage {
  constructor(readonly name: string) {
    super(`docs/guides/${name}.md`);
  }

  get modules(): SourceFile[] {
    return this.files('module');
  }

  /** The app as it stands each time that its `main.ts` is shown, of the files that the page has come to by then. */
  get stages(): SourceFile[][] {
    const { modules } = this;
    return modules.flatMap(({ path }, at) => (path === 'main.ts' ? [[...new Map(modules.slice(0, at + 1).map((file) => [file.path, file])).values()]] : []));
  }

  get saved(): SourceFile[] {
    return this.files('save');
  }

  get shell(): { name: string; code: string }[] {
    return this.checked('shell').map(({ check, code }) => ({ name: check[1] as string, code }));
  }

  /** Each block is checked, or says why not; what is shown is shown of commands that there are. */
  assertAllChecked(): void {
    const names = new Set(this.shell.map(({ name }) => name));
    const faults = this.blocks.filter(({ check: [kind = '', name = ''] }) => !KINDS.includes(kind) || name === '' !== (kind === 'start') || (kind === 'told' && !names.has(name)));
    expect(faults).toEqual([]);
  }

  /** What stands under `told`, against the values that the commands have written. @param only Which of the blocks. */
  assertTold(written: (name: string) => readonly unknown[], only: (block: Block) => boolean = () => true): void {
    const blocks = this.checked('told').filter(only);
    expect(blocks).not.toEqual([]);
    for (const { check, code } of blocks) {
      const name = check[1] as string;
      let rest = written(name);
      for (const shown of code.trim().split('\n').map((line) => JSON.parse(line) as unknown)) {
        const at = rest.findIndex((value) => holds(shown, value));
        if (at < 0) throw new Error(`${this.name}: the commands of "${name}" do not tell, or not in this order:\n${JSON.stringify(shown)}\nwhat is left of what they tell:\n${rest.map((value) => JSON.stringify(value)).join('\n')}`);
        rest = rest.slice(at + 1);
      }
    }
  }

  private files(kind: string): SourceFile[] {
    return this.checked(kind).map(({ check, code }) => ({ path: check[1] as string, code }));
  }
}

/** Whether a value has all that is shown of it. */
function holds(shown: unknown, value: unknown): boolean {
  if (shown === '…') return typeof value === 'string';
  if (typeof shown === 'string' && shown.includes('…')) return typeof value === 'string' && inOrder(shown.split('…'), value);
  if (typeof shown !== 'object' || shown === null) return Object.is(shown, value);
  if (typeof value !== 'object' || value === null || Array.isArray(shown) !== Array.isArray(value)) return false;
  if (Array.isArray(shown) && shown.length !== (value as unknown[]).length) return false;
  return Object.entries(shown).every(([key, member]) => holds(member, (value as Record<string, unknown>)[key]));
}

/** A text that begins with the first part, ends with the last and has the others in between. */
function inOrder(parts: readonly string[], text: string): boolean {
  let at = 0;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.startsWith(parts[0] as string) && text.endsWith(parts.at(-1) as string);
}
