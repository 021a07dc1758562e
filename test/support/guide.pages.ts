/**
 * A guide whose blocks are pages: `<!-- check: page <folder>/<file> -->` before each. Those of a folder are one app, which begins
 * with its `main`. They are compiled against the types that the built package comes with, and run in a real Chromium.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { SignJWT } from 'jose';
import { type Browser } from 'playwright-core';
import ts from 'typescript';
import { compileScript, parse } from 'vue/compiler-sfc';
import { bundle } from './bundle.js';
import { MarkdownPage } from './markdown.js';
import { folderInPackage } from './pasted-app.js';
import { WebPage, type WebServer } from './web.page.js';

export const JWT_SECRET = 'a secret of thirty-two bytes, or more';

export class GuidePages extends MarkdownPage {
  private readonly folder = folderInPackage();

  constructor(name: string) {
    super(`docs/guides/${name}.md`);
  }

  /** Writes all of it: to be compiled, or, where the service is at `at` in the place of that in the guide, to be run. */
  private write(at?: string): string[] {
    return this.checked('page').map(({ check, code }) => {
      const path = join(this.folder, check[1] as string);
      const file = extname(path) === '.vue' ? `${path}.ts` : path;
      mkdirSync(dirname(file), { recursive: true });
      const text = file === path ? code : compiled(code, basename(path), at !== undefined);
      writeFileSync(file, at === undefined ? text : text.replaceAll('http://127.0.0.1:3000', at));
      return file;
    });
  }

  /** What the compiler says against it and against our own types, as an app's own would with its strictest settings. */
  faults(): string[] {
    const options: ts.CompilerOptions = {
      strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: ts.ScriptTarget.ES2022, lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [],
      module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, jsx: ts.JsxEmit.ReactJSX,
    };
    const faults = ts.getPreEmitDiagnostics(ts.createProgram(this.write(), options)).filter(({ file }) => !file?.fileName.includes('/node_modules/'));
    return faults.map(({ file, start, messageText }) => {
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${file?.fileName.replace(this.folder, '') ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  }

  /** Serves the app of a folder, with the tokens that the guide has its own server give. */
  async open(name: string, query: string, { browser, service, server }: { browser: Browser; service: { base: string }; server: WebServer }): Promise<WebPage> {
    this.write(service.base);
    const main = this.checked('page').map(({ check }) => check[1] as string).find((path) => path.startsWith(`${name}/main.`));
    server.serve({ script: await bundle(join(this.folder, main as string), 'development'), style: this.checked('style')[0]?.code ?? '' });
    const token = await new SignJWT({ sub: 'alice', exp: Math.floor(Date.now() / 1000) + 600 }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(JWT_SECRET));
    return WebPage.open(browser, `${server.base}${query}`, {}, (page) => page.route('**/stepcast-token', (route) => route.fulfill({ body: token })));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A single-file component as the TypeScript that Vue's compiler makes of it. Its template is for running: compilers of types read it in their own way. */
function compiled(code: string, filename: string, inlineTemplate: boolean): string {
  const { descriptor, errors } = parse(code, { filename });
  if (errors.length) throw errors[0] as Error;
  return compileScript(descriptor, { id: filename, inlineTemplate }).content;
}
