/** Puts an entry and all it imports, styles too, into one minified module, and writes it to standard output: `node vite-bundle.mjs <entry> [mode] [packages]`, the last as JSON: which package takes the place of which. */
import process from 'node:process';
import { build } from 'vite';

const [entry, mode = 'production', packages = '{}'] = process.argv.slice(2);
const bundle = await build({
  configFile: false, logLevel: 'error', mode,
  // Sources and tests lie beside the service's tsconfig, which says nothing of JSX.
  oxc: { jsx: { runtime: 'automatic', importSource: 'react', development: mode === 'development' } },
  // As an app's own build would: React picks its form for production by it.
  define: { 'process.env.NODE_ENV': JSON.stringify(mode), __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
  build: { write: false, target: 'es2022', lib: { entry, formats: ['es'], fileName: 'bundle' }, rollupOptions: { output: { minify: true, codeSplitting: false } } },
  resolve: { alias: JSON.parse(packages), extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } },
});
const output = (Array.isArray(bundle) ? bundle : [bundle]).flatMap((part) => part.output);
const styles = output.filter(({ fileName }) => fileName.endsWith('.css'));
const chunks = output.filter((file) => !styles.includes(file));
if (chunks.length !== 1) throw new Error(`one file was expected, not ${chunks.map(({ fileName }) => fileName).join()}`);
for (const { source } of styles) process.stdout.write(`document.head.append(Object.assign(document.createElement('style'), { textContent: ${JSON.stringify(source)} }));\n`);
process.stdout.write(chunks[0].code);
