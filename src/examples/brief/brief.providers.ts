import { KeepAgent } from './agents/keep.agent.js';
import { KeywordsAgent } from './agents/keywords.agent.js';
import { PickAgent } from './agents/pick.agent.js';
import { PlanAgent } from './agents/plan.agent.js';
import { RankAgent } from './agents/rank.agent.js';
import { ReadabilityAgent } from './agents/readability.agent.js';
import { SentimentAgent } from './agents/sentiment.agent.js';
import { SummaryAgent } from './agents/summary.agent.js';
import { Brief } from './brief.workflow.js';
import { English } from './text/english.js';
import { Readings } from './text/readings.js';

/** The workflow `brief`, its agents and what they share. */
export const BRIEF_PROVIDERS = [
  Brief, English, Readings,
  PlanAgent, KeywordsAgent, ReadabilityAgent, SentimentAgent, RankAgent, PickAgent, KeepAgent, SummaryAgent,
];
