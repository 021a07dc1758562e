import { AgendaAgent } from './agents/agenda.agent.js';
import { CollectAgent } from './agents/collect.agent.js';
import { FocusAgent } from './agents/focus.agent.js';
import { ReportAgent } from './agents/report.agent.js';
import { ResearchSettingsAgent } from './agents/settings.agent.js';
import { ResearchWorkflow } from './research.workflow.js';

/** The workflow `research` and its own agents; the personas are steps of the agent `llm`. */
export const RESEARCH_PROVIDERS = [ResearchWorkflow, ResearchSettingsAgent, FocusAgent, AgendaAgent, CollectAgent, ReportAgent];
