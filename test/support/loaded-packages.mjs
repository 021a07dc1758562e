/** Loaded before a process's own modules: at its end, it writes which packages it has loaded. */
import { registerHooks } from 'node:module';

const packages = new Set();
registerHooks({
  load(url, context, next) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
    if (name) packages.add(name);
    return next(url, context);
  },
});
process.on('exit', () => process.stdout.write(`loaded packages: ${[...packages].join(' ')}\n`));
