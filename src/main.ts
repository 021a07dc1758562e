/**
 * The door of the service. Nothing is imported here: an older Node ends with a stack trace while it links what it does not
 * have (`node:sqlite`), before a line of any module is run.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 13)) await import('./service.process.js');
else {
  process.stderr.write(`stepcast: the service needs Node 22.13 or later, but this is ${process.version} (${process.execPath}); install one from https://nodejs.org (in a clone, npm start brings its own)\n`);
  process.exitCode = 1;
}
