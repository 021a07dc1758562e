/**
 * The service as one file: `dist/service.process.js` as tsc made it, put together with the modules of its own that it imports.
 * A start then reads that one, and `dist/main.js` before it, and not some hundreds, which is a sixth of its time
 * (docs/decisions/0010). Packages stay where they are, and what is imported on demand stays a file of its own, beside it.
 */
const isPackage = (id) => !id.startsWith('.') && !id.startsWith('/');

export default {
  input: 'dist/service.process.js',
  external: isPackage,
  // What tsc writes for decorators begins with `this`, which a module has none of.
  onLog: (level, log, handler) => log.code === 'THIS_IS_UNDEFINED' || handler(level, log),
  output: { dir: 'dist', format: 'esm', chunkFileNames: 'service-[name].js' },
};
