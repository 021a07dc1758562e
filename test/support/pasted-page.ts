/** A page of the documentation, pasted into a browser that has what such a page uses: fetch, EventSource, elements with an id. */
import { runInNewContext } from 'node:vm';
import { EventSource } from 'eventsource';
import { within } from './patience.js';

class PageElement {
  value = '';
  onclick: (() => void) | undefined;
  private content = '';

  constructor(private readonly changed: () => void) {}

  get textContent(): string {
    return this.content;
  }

  set textContent(text: string) {
    this.content = text;
    this.changed();
  }

  append(text: string): void {
    this.textContent += text;
  }
}

export class PastedPage {
  /** Of the event streams that it has opened, in order. */
  readonly urls: string[] = [];
  private readonly elements = new Map<string, PageElement>();
  private readonly waiting = new Set<() => void>();

  /** @param address Where the page looks for the service, and where it is. */
  constructor(html: string, address: { from: string; to: string }) {
    const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(html) ?? [];
    const { urls } = this;
    class Source extends EventSource {
      constructor(url: string) {
        super(url);
        urls.push(url);
      }
    }
    const document = { getElementById: (id: string) => this.element(id) };
    runInNewContext(script.replaceAll(address.from, address.to), { document, fetch, EventSource: Source, setTimeout });
  }

  type(id: string, value: string): void {
    this.element(id).value = value;
  }

  press(id: string): void {
    this.element(id).onclick?.();
  }

  text(id: string): string {
    return this.element(id).textContent;
  }

  until(id: string, test: (text: string) => boolean): Promise<void> {
    const held = new Promise<void>((resolve) => {
      const look = () => {
        if (!test(this.text(id))) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
    return within(held, () => `what the page shall show as ${id} (it shows ${JSON.stringify([...this.elements].map(([name, { textContent }]) => [name, textContent]))})`);
  }

  private element(id: string): PageElement {
    let element = this.elements.get(id);
    if (!element) {
      element = new PageElement(() => {
        for (const look of [...this.waiting]) look();
      });
      this.elements.set(id, element);
    }
    return element;
  }
}
