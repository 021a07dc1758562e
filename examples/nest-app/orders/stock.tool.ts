import { IsString, Length } from 'class-validator';
import { Tool, type ToolHandler } from 'stepcast';
import { Catalog } from './catalog.js';

class StockQuery {
  @IsString()
  @Length(1, 40)
  sku!: string;
}

/** What a language model, or a step with the agent `tool`, asks for by name. */
@Tool({ name: 'stock', description: 'How many of an article are in stock, and its price in cents', schema: StockQuery })
export class StockTool implements ToolHandler<StockQuery> {
  constructor(private readonly catalog: Catalog) {}

  execute({ sku }: StockQuery) {
    const { name, stock, price } = this.catalog.article(sku);
    return { name, stock, price };
  }
}
