/** The scripts of a guide, each run as a process of its own beside the built package, against a service that all of them share. */
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { KEYS } from './client.js';
import { type MarkdownPage } from './markdown.js';
import { folderInPackage } from './pasted-app.js';
import { ServiceProcess } from './process.js';

const NODE = resolve('node_modules/.bin/node');

export class PastedScripts {
  readonly folder = folderInPackage();

  private constructor(private readonly guide: MarkdownPage, private readonly service: ServiceProcess) {}

  static async start(guide: MarkdownPage): Promise<PastedScripts> {
    return new PastedScripts(guide, await ServiceProcess.start());
  }

  /** What is pasted, at the address of this service. */
  atService(code: string): string {
    return code.replaceAll('http://127.0.0.1:3000', this.service.base);
  }

  /** Lines that the script of that name writes. @param preload What Node loads before it. */
  async run(name: string, preload: string[] = []): Promise<string[]> {
    const script = this.guide.checked('script').find(({ check }) => check[1] === name);
    writeFileSync(join(this.folder, name), this.atService(script?.code as string));
    const { stdout } = await promisify(execFile)(NODE, [...preload, join(this.folder, name)], { env: { STEPCAST_API_KEY: KEYS.alice, NO_COLOR: '1' } });
    return stdout.trim().split('\n');
  }

  async dispose(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await this.service.dispose();
  }
}
