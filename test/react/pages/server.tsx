/** What a server renders of the component, and how often it asked the service meanwhile. */
import { renderToString } from 'react-dom/server';
import { StepcastClient } from '../../../src/client/stepcast.client.js';
import { StepcastProvider, WorkflowProgress } from '../../../src/react/index.js';

let asked = 0;
const client = new StepcastClient({ baseUrl: 'http://127.0.0.1:1', fetch: async () => (asked++, Response.error()) });
const html = renderToString(<StepcastProvider client={client}><WorkflowProgress executionId="e" /></StepcastProvider>);
await new Promise((resolve) => setTimeout(resolve, 50));
// The form of React for browsers keeps a process alive.
process.stdout.write(JSON.stringify({ html, asked }), () => process.exit());
