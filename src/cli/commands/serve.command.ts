import { type Command } from 'commander';

/** The service as it was built, one folder up. */
const SERVICE = new URL('../../main.js', import.meta.url);

export function addServe(program: Command): void {
  program.command('serve').description('start the service; its environment variables are in the README')
    .option('-p, --port <port>', 'where it listens; default PORT, or 3000')
    .option('--host <host>', 'on which address; default HOST, or 127.0.0.1')
    .option('--data-dir <folder>', 'where its data are; default STEPCAST_DATA_DIR, or ./data')
    .action(async ({ port, host, dataDir }: { port?: string; host?: string; dataDir?: string }) => {
      // What was given here wins over the environment, and is checked where that is.
      for (const [name, value] of Object.entries({ PORT: port, HOST: host, STEPCAST_DATA_DIR: dataDir })) if (value !== undefined) process.env[name] = value;
      await import(SERVICE.href);
    });
}
