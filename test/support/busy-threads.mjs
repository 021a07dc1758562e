// Loaded before the service: on SIGUSR2 keeps the threads of Node's pool busy for a good half second, so that what they are given waits.
import { pbkdf2 } from 'node:crypto';

process.on('SIGUSR2', () => {
  pbkdf2('secret', 'salt', 1_800_000, 32, 'sha512', () => undefined);
  process.stderr.write('threads are busy\n');
});
