/** The environment of the service, as far as subscribers go. */
import { type SubscribersOptions, type WebhookOptions } from './subscriber.options.js';
import { webhookFaults } from './subscriber.options.check.js';

/** @param text answers the value of a name, or nothing where it is not set. */
export function subscribersFrom(text: (name: string) => string | undefined, faults: string[]): SubscribersOptions {
  const file = text('STEPCAST_EVENT_FILE');
  const webhooks = webhooksOf(text('STEPCAST_WEBHOOKS'), faults);
  return { ...(file === undefined ? {} : { file }), ...(webhooks === undefined ? {} : { webhooks }) };
}

function webhooksOf(text: string | undefined, faults: string[]): WebhookOptions[] | undefined {
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // What the parser says repeats the text, and there are secrets in it.
    faults.push('STEPCAST_WEBHOOKS must be JSON: [{"name": "…", "url": "https://…", "secret": "whsec_…"}]');
    return undefined;
  }
  const found = webhookFaults(parsed);
  faults.push(...found.map((fault) => `STEPCAST_WEBHOOKS${fault}`));
  return found.length ? undefined : (parsed as WebhookOptions[]);
}
