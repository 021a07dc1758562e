/** What a server renders of the component, and how often it asked the service meanwhile. */
import { createSSRApp, h } from 'vue';
import { renderToString } from 'vue/server-renderer';
import { StepcastClient } from '../../../src/client/stepcast.client.js';
import { stepcastPlugin, StreamingPipelineMonitor } from '../../../src/vue/index.js';

let asked = 0;
const client = new StepcastClient({ baseUrl: 'http://127.0.0.1:1', fetch: async () => (asked++, Response.error()) });
const html = await renderToString(createSSRApp({ render: () => h(StreamingPipelineMonitor, { executionId: 'e' }) }).use(stepcastPlugin, client));
await new Promise((resolve) => setTimeout(resolve, 50));
process.stdout.write(JSON.stringify({ html, asked }), () => process.exit());
