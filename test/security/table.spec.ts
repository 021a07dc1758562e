/** The tables of docs/security.md and the tests beside this file name one another: neither promises what the other does not hold. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { MarkdownPage } from '../support/markdown.js';

const FOLDER = 'test/security';
const ID = /^(API\d{1,2}:2023|V\d{1,2}\.\d\.\d)$/;

/** Every requirement of ASVS 5.0.0 in the chapters that the page takes up, by section: how many there are. */
const ASVS: Record<string, readonly number[]> = { v4: [5, 5, 2, 4], v7: [3, 4, 2, 5, 3, 2], v8: [4, 4, 3, 2], v9: [3, 4] };
const REQUIRED = [
  ...Array.from({ length: 10 }, (_, i) => `API${i + 1}:2023`),
  ...Object.entries(ASVS).flatMap(([chapter, sections]) => sections.flatMap((count, section) => Array.from({ length: count }, (_, i) => `${chapter.toUpperCase()}.${section + 1}.${i + 1}`))),
  ...Array.from({ length: 5 }, (_, i) => `V10.3.${i + 1}`),
];

interface Named {
  file: string;
  title: string;
}
interface Row {
  id: string;
  tests: Named[];
  /** What the cell of the tests says where it names none. */
  told: string;
  what: string;
}

const page = new MarkdownPage('docs/security.md');
const rows: Row[] = ['api-2023', ...Object.keys(ASVS), 'v10.3'].flatMap((table) => page.table(table).map((cells): Row => {
  const [name = '', , told = ''] = [cells[0], cells[1], cells.at(-1)];
  const tests = [...told.matchAll(/`([^`]+)` › (.*?)(?=<br>|$)/g)].map(([, file, title]) => ({ file: file as string, title: title as string }));
  return { id: name.split(' ')[0] as string, tests, told, what: cells.at(-2) ?? '' };
}));

/** Titles of the tests in a file: what `it`, and `it` with anything behind it, is called with. */
function titlesIn(file: string): string[] {
  const titles: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^it\b(?!\.(skip|todo))/.test(node.expression.getText())) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) titles.push(title.text);
    }
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile(file, readFileSync(join(FOLDER, file), 'utf8'), ts.ScriptTarget.Latest, true));
  return titles;
}

/** The ids at the beginning of a title. */
function idsOf(title: string): string[] {
  const [ids = '', ...rest] = title.split(' › ');
  return rest.length > 0 ? ids.split(' ').filter((id) => ID.test(id)) : [];
}

const named: Named[] = readdirSync(FOLDER).filter((file) => file.endsWith('.spec.ts')).flatMap((file) => titlesIn(file).filter((title) => idsOf(title).length > 0).map((title) => ({ file, title })));
const text = ({ file, title }: Named) => `${file} › ${title}`;

describe('docs/security.md', () => {
  it('has a row for every risk and requirement, once, in order', () => {
    expect(rows.map(({ id }) => id)).toEqual(REQUIRED);
  });

  it('names tests that are there, and that carry the id of the row', () => {
    const there = new Set(named.map(text));
    expect(there.size).toBeGreaterThan(40);
    for (const { id, tests } of rows) for (const test of tests) expect([id, text(test), there.has(text(test)), idsOf(test.title).includes(id)]).toEqual([id, text(test), true, true]);
  });

  it('names every test that carries an id, in the rows of all its ids', () => {
    for (const test of named) {
      const rowsOfTest = rows.filter(({ tests }) => tests.some((each) => text(each) === text(test))).map(({ id }) => id);
      expect([text(test), rowsOfTest.sort()]).toEqual([text(test), idsOf(test.title).sort()]);
    }
  });

  it('has a test in each row, or says in the row why there is none', () => {
    for (const { id, tests, told, what } of rows) expect([id, tests.length > 0 || (told === '—' && /^(Documented|There (is|are) no|There is no sign-in|TLS ends|No password|The page has|Not done|None is required|For issuers)/.test(what))]).toEqual([id, true]);
    for (const { id, tests } of rows.slice(0, 10)) expect([id, tests.length > 0]).toEqual([id, true]);
  });

  it('names the tests once each in a row', () => {
    for (const { id, tests } of rows) expect([id, new Set(tests.map(text)).size]).toEqual([id, tests.length]);
  });

  it('has no link that leads nowhere', () => {
    expect(page.brokenLinks()).toEqual([]);
  });
});
