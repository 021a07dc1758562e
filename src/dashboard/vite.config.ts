/**
 * Builds the dashboard to `dist/dashboard`: an index beside a folder of files whose names carry a hash. All addresses in them are
 * relative, so that the page works below whatever path a proxy puts before it. Nothing is inlined: the policy that the page is
 * sent with takes no inline style and no `data:` script.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  logLevel: 'warn',
  // The sources are built with the service's tsconfig beside them, whose decorators and paths are none of the page's.
  oxc: { jsx: { runtime: 'automatic', importSource: 'react' } },
  build: {
    outDir: here('../../dist/dashboard'),
    emptyOutDir: true,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 400,
    // Packages for servers and browsers alike say so in their first line; here all is for a browser.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
