/** The components on a server: they are rendered as they begin, and open no stream, as nobody would close it there. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { bundle, LOWEST } from '../support/bundle.js';

const PAGES = [['React', 'test/react/pages/server.tsx'], ['Vue', 'test/vue/pages/server.ts']] as const;
const VERSIONS = [['newest', {}], ['lowest supported', LOWEST]] as const;

describe.each(PAGES)('the component of %s on a server', (_name, entry) => {
  it.each(VERSIONS)('is rendered by the %s version, and asks the service for nothing', async (_which, packages) => {
    const folder = mkdtempSync(join(tmpdir(), 'stepcast-server-'));
    try {
      const file = join(folder, 'server.mjs');
      writeFileSync(file, await bundle(entry, 'production', packages));
      const { stdout } = await promisify(execFile)('node_modules/.bin/node', [file]);
      const { html, asked } = JSON.parse(stdout) as { html: string; asked: number };
      expect(html).toMatch(/^<section class="stepcast" aria-label="Workflow" data-status="queued" data-connection="connecting">/);
      expect(html).toContain('role="progressbar"');
      expect(asked).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
