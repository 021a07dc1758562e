import { ChartAgent } from './chart.agent.js';
import { Chart } from './chart.workflow.js';
import { Dataset } from './dataset/dataset.js';
import { Grammar } from './grammar/grammar.js';
import { ModelPlanner } from './model/model.planner.js';
import { SqlRunner } from './query/sql.runner.js';
import { SpecValidator } from './vega/spec.validator.js';

/** The workflow `chart`, its agent and what it works with. */
export const CHART_PROVIDERS = [Chart, ChartAgent, Dataset, Grammar, ModelPlanner, SqlRunner, SpecValidator];
