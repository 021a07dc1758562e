import { setImmediate as turn } from 'node:timers/promises';
import { type OperationProgress, type StreamingOperation } from 'stepcast';
import { type Catalog } from './catalog.js';

/** A long task of the app that is no workflow: as an operation it has a stream, a status and a cancel all the same. */
export class Stocktaking implements StreamingOperation<{ articles: number; worth: number }> {
  readonly operationName = 'stocktaking';

  constructor(private readonly catalog: Catalog) {}

  async execute(progress: OperationProgress, signal: AbortSignal) {
    const skus = this.catalog.skus();
    let worth = 0;
    for (const [i, sku] of skus.entries()) {
      signal.throwIfAborted();
      const { name, stock, price } = this.catalog.article(sku);
      worth += stock * price;
      progress((i + 1) / skus.length, 'counting', { name, stock });
      await turn();
    }
    return { articles: skus.length, worth };
  }
}
