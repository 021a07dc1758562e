import { send } from '../../support/client.js';
import { eventually } from '../../support/patience.js';
import { type Lineage } from './lineage.js';

export interface Health {
  status: number;
  reason?: string;
}

/** What `GET /health/ready` answers. */
export async function health({ base }: Lineage): Promise<Health> {
  const response = await send(base, 'GET', '/health/ready');
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part as string;
  const { reason } = JSON.parse(text) as { reason?: string };
  return { status: response.statusCode as number, ...(reason === undefined ? {} : { reason }) };
}

/** Waits until the service says that it is ready, or that it is not: then the reason. */
export function whenHealth(lineage: Lineage, status: 200 | 503): Promise<string> {
  return eventually(async () => {
    const now = await health(lineage);
    return now.status === status && (now.reason ?? 'ready');
  }, `${status} from /health/ready`);
}
