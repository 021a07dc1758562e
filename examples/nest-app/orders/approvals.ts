import { Injectable } from '@nestjs/common';
import { type EventOf, OnExecutionEvent } from 'stepcast';

/** Writes to the staff when an order waits for one of them. Durable, so also where the app was about to be restarted then. */
@Injectable()
export class Approvals {
  /** What was written, by the event; a mail service would take that for its idempotency key, as an event may come again. */
  readonly letters = new Map<string, string>();

  @OnExecutionEvent('input_required', { workflow: 'dispatch', durable: 'approvals' })
  async onInputRequired({ executionId, seq, data }: EventOf<'input_required'>) {
    this.letters.set(`${executionId}/${seq}`, data.prompt ?? 'An order waits for you');
  }
}
