/** What the guides and the README show of TypeScript is checked by its compiler, against the types that the built package comes with. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { Guide } from '../support/guide.js';
import { MarkdownPage } from '../support/markdown.js';
import { folderInPackage } from '../support/pasted-app.js';

const NAMES = readdirSync('docs/guides').filter((name) => name !== 'README.md').map((name) => name.replace(/\.md$/, ''));

describe('the guides', () => {
  let folder: string;
  beforeAll(() => void (folder = folderInPackage()));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('show TypeScript that compiles', () => {
    // A reader compiles when `main.ts` is shown, with what stands above it.
    const files = NAMES.flatMap((name) => new Guide(name).stages.flatMap((stage, at) => stage.map(({ path, code }) => ({ target: join(folder, name, String(at), path), code }))));
    expect(files.length).toBeGreaterThan(5);
    for (const name of NAMES) {
      const { modules, stages } = new Guide(name);
      expect([name, stages.at(-1)?.length ?? 0]).toEqual([name, new Set(modules.map(({ path }) => path)).size]);
    }
    for (const { target, code } of files) {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, code);
    }
    expect(faultsOf(files.map(({ target }) => target), 'tsconfig.json')).toEqual([]);
  }, 120_000);

  it('show an app that compiles by the tsconfig.json beside it', () => {
    const main = join(folder, 'main.ts');
    copyFileSync('examples/minimal/main.ts', main);
    expect(faultsOf([main], 'examples/minimal/tsconfig.json')).toEqual([]);
  }, 120_000);

  /** What the compiler finds wrong, where the package is read by its name, as an app does. */
  function faultsOf(files: string[], tsconfig: string): string[] {
    const { config, error } = ts.readConfigFile(tsconfig, (path) => ts.sys.readFile(path));
    const { options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
    const program = ts.createProgram(files, { ...options, paths: {}, rootDir: folder, noEmit: true, declaration: false });
    return [...(error ? [error] : []), ...errors, ...ts.getPreEmitDiagnostics(program)].map(({ file, start, messageText }) => {
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${file?.fileName.replace(folder, '') ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  }

  it('are all in the list, and every one in it is there', () => {
    const index = new MarkdownPage('docs/guides/README.md');
    expect(index.brokenLinks()).toEqual([]);
    expect(NAMES.filter((name) => !index.includes(`(${name}.md)`))).toEqual([]);
    expect(NAMES.every((name) => existsSync(`test/guides/${name}.spec.ts`))).toBe(true);
  });
});
