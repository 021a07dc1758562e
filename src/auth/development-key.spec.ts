import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { loadDevelopmentKey } from './development-key.js';

const KEY = /^dev_[A-Za-z0-9_-]{43}$/;

describe('loadDevelopmentKey', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'development-key-'));
    path = join(folder, 'development.key');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const mode = () => statSync(path).mode & 0o777;

  it('makes a key once, and gives the same one afterwards', () => {
    const first = loadDevelopmentKey(folder);
    expect(first).toEqual({ key: expect.stringMatching(KEY), persisted: true, path });
    expect(loadDevelopmentKey(folder)).toEqual(first);
    expect(loadDevelopmentKey(join(folder, 'other')).key).not.toBe(first.key);
  });

  it('keeps the key alone, in a file that only its owner may read, in a folder made for it', () => {
    const { key, path: kept } = loadDevelopmentKey(join(folder, 'a', 'b'));
    expect(readFileSync(kept, 'utf8')).toBe(key);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['development.key']);
  });

  it.each([0, 0o022, 0o777])('gives the file mode 0600 under umask %o', (umask) => {
    const before = process.umask(umask);
    try {
      expect(loadDevelopmentKey(folder).persisted).toBe(true);
    } finally {
      process.umask(before);
    }
    expect(mode()).toBe(0o600);
  });

  it('tightens a file that others may read', () => {
    const { key } = loadDevelopmentKey(folder);
    chmodSync(path, 0o644);
    expect(loadDevelopmentKey(folder)).toEqual({ key, persisted: true, path });
    expect(mode()).toBe(0o600);
  });

  it('takes the key with the line end of an editor', () => {
    const { key } = loadDevelopmentKey(folder);
    writeFileSync(path, `${key}\n`);
    expect(loadDevelopmentKey(folder).key).toBe(key);
  });

  it.each([['empty', ''], ['garbled', 'dev_short'], ['two keys', `dev_${'a'.repeat(43)}\ndev_${'b'.repeat(43)}`], ['huge', 'x'.repeat(100_000)]])(
    'replaces a file that is %s', (_name, content) => {
      writeFileSync(path, content, { mode: 0o666 });
      const made = loadDevelopmentKey(folder);
      expect(made).toEqual({ key: expect.stringMatching(KEY), persisted: true, path });
      expect(readFileSync(path, 'utf8')).toBe(made.key);
      expect(mode()).toBe(0o600);
      expect(readdirSync(folder)).toEqual(['development.key']);
    });

  it('replaces a link, and leaves alone what it led to', () => {
    const target = join(folder, 'target');
    writeFileSync(target, `dev_${'a'.repeat(43)}`, { mode: 0o644 });
    symlinkSync(target, path);
    const { key } = loadDevelopmentKey(folder);
    expect(key).not.toBe(`dev_${'a'.repeat(43)}`);
    expect(readFileSync(path, 'utf8')).toBe(key);
    expect(statSync(target).mode & 0o777).toBe(0o644);
  });

  it('waits for nobody where a pipe is in the way, and replaces it', () => {
    execFileSync('mkfifo', [path]);
    const made = loadDevelopmentKey(folder);
    expect(made).toEqual({ key: expect.stringMatching(KEY), persisted: true, path });
    expect([statSync(path).isFile(), readFileSync(path, 'utf8')]).toEqual([true, made.key]);
  });

  it('keeps the key in memory where the folder cannot be written, or something else is in the way', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(loadDevelopmentKey(join(folder, 'file'))).toEqual({ key: expect.stringMatching(KEY), persisted: false, path: join(folder, 'file', 'development.key') });
    mkdirSync(path);
    expect(loadDevelopmentKey(folder)).toEqual({ key: expect.stringMatching(KEY), persisted: false, path });
    expect(readdirSync(folder).sort()).toEqual(['development.key', 'file']);
  });

  it('gives processes that start at the same moment the same key', async () => {
    const source = join(folder, 'development-key.mjs');
    const { code } = transformFileSync(join(import.meta.dirname, 'development-key.ts'), {
      swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' },
    });
    writeFileSync(source, code);
    const data = join(folder, 'data');
    // Each says that it is up and waits for a line, so that all go at once.
    const script = `const { loadDevelopmentKey } = await import(${JSON.stringify(pathToFileURL(source).href)});
      process.stdin.once('data', () => { process.stdout.write(loadDevelopmentKey(${JSON.stringify(data)}).key); process.exit(); });
      process.stderr.write('up');`;
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', script]));
    await Promise.all(children.map((child) => new Promise((resolve) => child.stderr.once('data', resolve))));
    for (const child of children) child.stdin.write('go\n');
    const keys = await Promise.all(children.map((child) => text(child.stdout)));
    expect(new Set(keys)).toEqual(new Set([readFileSync(join(data, 'development.key'), 'utf8')]));
    expect(keys[0]).toMatch(KEY);
    expect(readdirSync(data)).toEqual(['development.key']);
  });
});
