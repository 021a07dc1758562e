import { BuildSettingsAgent } from './agents/settings.agent.js';
import { VerdictAgent } from './agents/verdict.agent.js';
import { Build } from './build.workflow.js';

/** The workflow `build` and its own agents; the personas are steps of the agent `llm`. */
export const BUILD_PROVIDERS = [Build, BuildSettingsAgent, VerdictAgent];
