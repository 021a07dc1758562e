import { agent, conditional, input, parallel, retry, sequential, type Step, Workflow, type WorkflowProvider } from 'stepcast';
import { Order } from './order.dto.js';

/** From an order to a parcel on its way. Orders over 500 EUR, and those with articles out of stock, wait for a person. */
@Workflow({ name: 'dispatch', description: 'Prices, checks, releases and ships an order', input: Order, timeoutMs: 24 * 60 * 60 * 1000 })
export class DispatchWorkflow implements WorkflowProvider {
  define(): Step {
    const { customer, country, lines } = { customer: '{{input.customer}}', country: '{{input.country}}', lines: '{{input.lines}}' };
    return sequential(
      'dispatch',
      agent('price', 'order.price', { input: { lines } }),
      parallel(
        'check',
        agent('stock', 'order.stock', { input: { lines } }),
        agent('customs', 'order.duty', { input: { country, total: '{{steps.price.output.total}}' } }),
      ),
      conditional('release', {
        when: 'steps.price.output.total > 50000 || size(steps.stock.output.missing) > 0',
        then: input('approve', {
          prompt: 'Ship to {{input.customer}} for {{steps.price.output.total}} cents? Not in stock: {{steps.stock.output.missing}}',
          schema: { type: 'boolean' },
        }),
        else: agent('routine', 'echo', { input: true }),
      }),
      conditional('decision', {
        when: 'steps.release.output == true',
        then: sequential(
          'ship',
          retry('booking', { maxAttempts: 3, backoff: { delayMs: 100 } }, agent('book', 'order.book', { input: { customer, country } })),
          agent('letter', 'order.letter', {
            input: { customer, country, order: '{{steps.price.output}}', duty: '{{steps.customs.output.duty}}', booking: '{{steps.booking.output}}' },
          }),
        ),
        else: agent('refused', 'echo', { input: { refused: true } }),
      }),
    );
  }
}
