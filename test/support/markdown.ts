/** What a page of the documentation holds that can be checked, or several that are read as one: blocks of code, tables and links. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Block {
  language: string;
  code: string;
  /** How it is checked: the words of the comment `<!-- check: … -->` before it. */
  check: string[];
}

const BLOCK = /(?:<!-- check: (.*?) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm;

export class MarkdownPage {
  readonly blocks: readonly Block[];
  private readonly text: string;
  private readonly paths: readonly string[];

  constructor(...paths: string[]) {
    this.paths = paths;
    this.text = paths.map(textOf).join('\n');
    this.blocks = [...this.text.matchAll(BLOCK)].map(([, check = '', language = '', code = '']) => ({ language, code, check: check.split(' ').filter(Boolean) }));
  }

  /** The blocks that are checked in one way. */
  checked(kind: string): Block[] {
    return this.blocks.filter(({ check }) => check[0] === kind);
  }

  /** The one block that is checked in this way. */
  only(kind: string): Block {
    const [block, ...more] = this.checked(kind);
    if (!block || more.length) throw new Error(`${this.paths.join()} has ${block ? 'several blocks' : 'no block'} with "check: ${kind}"`);
    return block;
  }

  /** The cells of the table after `<!-- table: name -->`, without its head. */
  table(name: string): string[][] {
    const lines = this.text.split('\n');
    const at = lines.indexOf(`<!-- table: ${name} -->`);
    if (at < 0) throw new Error(`${this.paths.join()} has no table "${name}"`);
    const end = lines.findIndex((line, i) => i > at && !line.startsWith('|'));
    return lines.slice(at + 3, end).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  }

  /** What stands in backquotes in the first cell of each row, one or several. */
  names(table: string): string[] {
    return this.table(table).flatMap(([first = '']) => codesIn(first));
  }

  /** Links to files and headings of the project that lead nowhere. */
  brokenLinks(): string[] {
    return this.paths.flatMap(brokenLinksOf);
  }

  includes(text: string): boolean {
    return this.text.includes(text);
  }
}

function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}

function brokenLinksOf(page: string): string[] {
  const targets = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string).filter((target) => !/^[a-z]+:/.test(target));
  return targets.filter((target) => {
    const [file = '', heading] = target.split('#');
    const path = file === '' ? page : join(dirname(page), file);
    return !existsSync(path) || (heading !== undefined && !headingsOf(textOf(path)).includes(heading));
  });
}

export function codesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);
}

/** As GitHub makes anchors of them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => (heading as string).toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}
