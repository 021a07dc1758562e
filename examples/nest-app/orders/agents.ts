/** The agents of `dispatch`: providers like any other, with what they need injected. */
import { Agent, type AgentContext, type AgentHandler } from 'stepcast';
import { Carrier } from './carrier.js';
import { Catalog } from './catalog.js';
import { type OrderLine } from './order.dto.js';
import { type Booking, type Dispatched, type Parcel, type PricedOrder } from './order.types.js';

type Lines = { lines: OrderLine[] };

@Agent({ name: 'order.price', description: 'Prices the lines of an order: {lines}' })
export class PriceAgent implements AgentHandler<Lines> {
  constructor(private readonly catalog: Catalog) {}

  execute({ input }: AgentContext<Lines>): PricedOrder {
    const lines = input.lines.map(({ sku, quantity }) => {
      const { name, price } = this.catalog.article(sku);
      return { sku, name, quantity, price };
    });
    return { lines, total: lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0) };
  }
}

@Agent({ name: 'order.stock', description: 'Says which articles of an order are not in stock: {lines}' })
export class StockAgent implements AgentHandler<Lines> {
  constructor(private readonly catalog: Catalog) {}

  async execute(ctx: AgentContext<Lines>): Promise<{ missing: string[] }> {
    const { lines } = ctx.input;
    const missing: string[] = [];
    for (const [i, { sku, quantity }] of lines.entries()) {
      if (this.catalog.article(sku).stock < quantity) missing.push(sku);
      ctx.progress((i + 1) / lines.length, `${i + 1} of ${lines.length} lines`);
    }
    if (missing.length) ctx.log(`not in stock: ${missing.join(', ')}`, 'warn', 'out_of_stock');
    return { missing };
  }
}

@Agent({ name: 'order.duty', description: 'The customs duty of an order: {country, total}' })
export class DutyAgent implements AgentHandler<{ country: string; total: number }> {
  execute({ input: { country, total } }: AgentContext<{ country: string; total: number }>): { duty: number } {
    return { duty: country === 'CH' || country === 'NO' || country === 'GB' ? Math.round(total * 0.081) : 0 };
  }
}

@Agent({ name: 'order.book', description: 'Books a parcel with the carrier: {customer, country}' })
export class BookAgent implements AgentHandler<Parcel> {
  constructor(private readonly carrier: Carrier) {}

  /** The key is the same in every attempt, after a crash too: the carrier never books the parcel twice. */
  execute(ctx: AgentContext<Parcel>): Promise<Booking> {
    return this.carrier.book(ctx.idempotencyKey, ctx.input);
  }
}

interface LetterInput extends Parcel {
  order: PricedOrder;
  duty: number;
  booking: Booking;
}

@Agent({ name: 'order.letter', description: 'Writes to the customer: {customer, country, order, duty, booking}' })
export class LetterAgent implements AgentHandler<LetterInput> {
  /** What it yields is streamed as it is written; what it returns is the output of the step. */
  async *execute(ctx: AgentContext<LetterInput>): AsyncGenerator<string, Dispatched> {
    let letter = '';
    for (const line of linesOf(ctx.input)) {
      ctx.signal.throwIfAborted();
      letter += `${line}\n`;
      yield `${line}\n`;
    }
    return { letter, tracking: ctx.input.booking.tracking };
  }
}

function* linesOf({ customer, order, duty, booking }: LetterInput): Generator<string> {
  const euros = (cents: number) => `${(cents / 100).toFixed(2)} EUR`;
  yield `Dear ${customer},`;
  yield 'your order is on its way:';
  for (const { quantity, name, price } of order.lines) yield `  ${quantity} x ${name}, ${euros(price * quantity)}`;
  if (duty > 0) yield `  customs duty, ${euros(duty)}`;
  yield `Total: ${euros(order.total + duty)}. Tracking number: ${booking.tracking}.`;
}

export const ORDER_AGENTS = [PriceAgent, StockAgent, DutyAgent, BookAgent, LetterAgent];
